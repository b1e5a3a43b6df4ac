"""A bundle behind LitServe; run by the Python of an environment of its own, see `serving`."""

import sys

import litserve

from aisle.models import load_model


class Products(litserve.LitAPI):
    """Requests of products, answered together as LitServe batches them."""

    def __init__(self, bundle: str) -> None:
        # More requests than are ever sent at once here, within the 2 ms of Aisle's own server.
        super().__init__(max_batch_size=64, batch_timeout=0.002)
        self._bundle = bundle

    def setup(self, device):
        """Read the bundle, in the process that answers."""
        self._model = load_model(self._bundle)

    def decode_request(self, request):
        """Return the products of a request."""
        return request["products"]

    def predict(self, x):
        """Answer for the products of several requests."""
        rows = self._model.predict([product for products in x for product in products]).to_pylist()
        answers, at = [], 0
        for products in x:
            answers.append(rows[at : at + len(products)])
            at += len(products)
        return answers

    def encode_response(self, output):
        """Return an answer as JSON has it."""
        return {"predictions": output}


if __name__ == "__main__":
    server = litserve.LitServer(Products(sys.argv[1]), accelerator="cpu", timeout=60)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning"
    )
