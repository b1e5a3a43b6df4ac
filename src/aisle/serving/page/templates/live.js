// The server's figures, while somebody can see them.
aisle.starters.push(() => {
  "use strict";
  const { one, count, plural } = aisle;
  const EVERY = 2000, SPAN = 10;
  const said = one("#figures-said");
  let seen = [], visible = false;
  const put = (key, figure, words) => {
    one('[data-figure="' + key + '"]').textContent = figure;
    if (words !== undefined) one('[data-words="' + key + '"]').textContent = words;
  };
  const time = (seconds) => seconds === null ? "–"
    : seconds < 1 ? Number((1000 * seconds).toPrecision(2)) + " ms" : seconds.toPrecision(2) + " s";
  const sum = (parts) => Object.values(parts).reduce((a, b) => a + b, 0);
  const listed = (parts) => Object.entries(parts).filter(([, size]) => size)
    .sort((a, b) => b[1] - a[1]).map(([label, size]) => count(size) + " " + label).join(", ");

  const show = (told) => {
    const products = sum(told.products);
    seen = seen.filter(([at]) => told.at - at <= SPAN).concat([[told.at, products]]);
    const [start, before] = seen[0];
    const rate = told.at > start ? (products - before) / (told.at - start) : 0;
    put("products", count(products), listed(told.products) || "none yet");
    put("rate", rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1));
    const asked = told.half_seconds === null ? "nobody asked for a product yet" : "of the requests for products";
    put("half", time(told.half_seconds), asked);
    put("most", time(told.most_seconds), asked);
    put("queue", count(told.queue));
    const batch = told.mean_batch ? told.mean_batch.toFixed(1) + " products a batch, " : "";
    put("requests", count(told.requests), batch + plural(told.workers, "process").replace("processs", "processes"));
    const { product = 0, ...refused } = told.errors;
    const remarks = product ? plural(product, "product") + " with a remark" : "";
    put("errors", count(sum(refused)), [listed(refused), remarks].filter(Boolean).join("; ") || "none");
    said.textContent = "";
  };
  const look = async () => {
    if (!visible || document.hidden) return;
    try {
      show(await (await aisle.ask("page/figures")).json());
    } catch (error) {
      said.textContent = error.message;
    }
  };
  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    look();
  }).observe(one("#live"));
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
});
