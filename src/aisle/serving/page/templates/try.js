// One product: its photograph, its answer, and why.
aisle.starters.push(() => {
  "use strict";
  const { one, all, ask } = aisle;
  const form = one("#product"), answer = one("#answer"), why = one("#why"), said = one("#said");
  const button = one("#ask");
  let asked = null, number = 0, running = null;

  const photographs = all("[data-photograph]", form).map((box) => {
    const input = one("input[type=file]", box), preview = one(".preview", box);
    const image = one("img", preview);
    let address = null;
    const show = () => {
      if (address) URL.revokeObjectURL(address);
      const file = input.files[0];
      address = file ? URL.createObjectURL(file) : null;
      preview.hidden = !file;
      if (address) image.src = address; else image.removeAttribute("src");
      for (const kept of all("input[type=hidden]", box)) kept.remove();
    };
    const take = (file) => {
      const carried = new DataTransfer();
      if (file) carried.items.add(file);
      input.files = carried.files;
      show();
    };
    input.addEventListener("change", show);
    one("[data-remove]", box).addEventListener("click", () => { take(null); input.focus(); });
    return { box, take };
  });
  const pictured = (list) => [...list].find((file) => file.type.startsWith("image/"));

  aisle.droppable = (box, take) => {
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("over-it");
    });
    box.addEventListener("dragleave", () => box.classList.remove("over-it"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("over-it");
      take(event.dataTransfer.files);
    });
  };
  for (const photograph of photographs) {
    aisle.droppable(photograph.box, (files) => {
      const file = pictured(files);
      if (file) photograph.take(file);
      else said.textContent = "This is no photograph.";
    });
  }
  document.addEventListener("paste", (event) => {
    const file = pictured(event.clipboardData.files);
    if (!file || !photographs.length) return;
    event.preventDefault();
    photographs[0].take(file);
    said.textContent = "A photograph was pasted.";
  });

  const refuse = (place, words) => {
    const box = aisle.element("div", { className: "verdict bad" });
    const title = aisle.element("h3", { className: "headline", tabIndex: -1, textContent: "Not answered" });
    box.append(aisle.element("p", { textContent: words }));
    place.replaceChildren(title, box);
    title.focus();
  };
  const spoken = (place) => {
    const told = one("[data-spoken]", place);
    said.textContent = told ? told.dataset.spoken : "";
  };
  const busy = (which, is) => which.setAttribute("aria-busy", String(is));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) running.abort();
    const own = running = new AbortController();
    asked = new FormData(form);
    why.replaceChildren();
    busy(button, true);
    answer.classList.add("waiting");
    said.textContent = "Asking the model.";
    try {
      const response = await ask("page/answer", { method: "POST", body: asked, signal: own.signal });
      aisle.put(answer, await response.text());
      spoken(answer);
      one("#answer-title").focus({ preventScroll: true });
      answer.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") refuse(answer, error.message);
    } finally {
      if (running === own) {
        busy(button, false);
        answer.classList.remove("waiting");
      }
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(button);
  });
  form.addEventListener("reset", () => {
    for (const photograph of photographs) photograph.take(null);
    why.replaceChildren();
  });

  answer.addEventListener("click", async (event) => {
    const asking = event.target.closest("#ask-why");
    if (!asking) return;
    busy(asking, true);
    asking.textContent = "Looking for reasons…";
    said.textContent = "Looking for reasons.";
    try {
      const response = await ask("page/why", { method: "POST", body: asked || new FormData(form) });
      aisle.put(why, await response.text());
      aisle.look(why);
      spoken(why);
      asking.setAttribute("aria-expanded", "true");
      one("#why-title").focus({ preventScroll: true });
      one("#why-title").scrollIntoView({ block: "start" });
    } catch (error) {
      refuse(why, error.message);
    } finally {
      busy(asking, false);
      asking.textContent = "Why?";
    }
  });

  // Maps over a photograph: which one, and how much of it.
  aisle.look = (within) => {
    for (const viewer of all(".viewer", within)) {
      const stage = one(".stage", viewer);
      for (const part of all(".live-only", viewer)) part.hidden = false;
      for (const choice of all(".choose input", viewer)) {
        choice.addEventListener("change", () => {
          for (const map of all(".over", stage)) map.hidden = map.dataset.key !== choice.value;
          for (const told of all("[data-map]", viewer.parentElement)) {
            told.hidden = told.dataset.map !== choice.value;
          }
        });
      }
      const slider = one("input[type=range]", viewer);
      if (!slider) continue;
      const fade = () => {
        stage.style.setProperty("--opacity", String(slider.value / 100));
        stage.style.setProperty("--grey", String(Math.min(1, slider.value / 60)));
        one("output", viewer).textContent = slider.value + "%";
      };
      slider.addEventListener("input", fade);
      fade();
    }
  };
  aisle.look(why);

  const example = one("#example");
  example.setAttribute("role", "button");
  const fill = async (event) => {
    event.preventDefault();
    try {
      const found = await (await ask("page/example?number=" + number++)).json();
      for (const field of all("[data-column]", form)) {
        if (field.type !== "file") field.value = found.values[field.dataset.column] || "";
      }
      if (found.photograph && photographs.length) {
        const coded = atob(found.photograph.split(",")[1]);
        const bytes = Uint8Array.from(coded, (sign) => sign.charCodeAt(0));
        photographs[0].take(new File([bytes], "example.jpg", { type: "image/jpeg" }));
      }
      example.textContent = "Another example";
      said.textContent = "The form holds an example.";
    } catch (error) {
      refuse(answer, error.message);
    }
  };
  example.addEventListener("click", fill);
  example.addEventListener("keydown", (event) => { if (event.key === " ") fill(event); });
});
