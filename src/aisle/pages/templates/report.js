(() => {
  "use strict";

  const weighing = document.getElementById("weighing");
  if (weighing) {
    const stops = JSON.parse(weighing.querySelector("script").textContent);
    const slider = weighing.querySelector("input");
    const chart = document.querySelector("#tradeoff .chart");
    const said = weighing.querySelector("[role=status]");
    let pause;
    weighing.querySelector(".slider").hidden = false;
    slider.addEventListener("input", () => {
      const stop = stops[Number(slider.value)];
      for (const cell of weighing.querySelectorAll("[data-told]")) {
        cell.textContent = stop[cell.dataset.told];
      }
      slider.setAttribute("aria-valuetext", stop.asked);
      chart.dispatchEvent(new CustomEvent("move", {
        detail: {x: stop.x, y: stop.y, rule: stop.rule, label: stop.asked + " promised"},
      }));
      // one sentence once the slider rests, instead of one a step
      clearTimeout(pause);
      pause = setTimeout(() => { said.textContent = stop.sentence; }, 600);
    });
  }

  const card = (list) => [...list.children];
  for (const list of document.querySelectorAll(".products")) {
    const first = Number(list.dataset.first);
    const tools = list.previousElementSibling;
    const filters = tools && tools.classList.contains("filters") ? tools : null;
    const more = document.createElement("button");
    let kind = "", wanted = "", all = false;
    more.type = "button";
    more.className = "quiet more";
    list.after(more);
    const show = () => {
      const shown = card(list).filter((one) => {
        one.hidden = !((!kind || one.dataset.kinds.split(" ").includes(kind))
          && (!wanted || one.dataset.class === wanted));
        return !one.hidden;
      });
      shown.forEach((one, at) => one.classList.toggle("beyond", !all && at >= first));
      more.hidden = all || shown.length <= first;
      more.textContent = "Show all " + shown.length;
      if (filters) {
        filters.querySelector("[role=status]").textContent =
          shown.length + (shown.length === 1 ? " product" : " products");
      }
    };
    more.addEventListener("click", () => {
      const next = list.children[first];
      all = true;
      show();
      next.tabIndex = -1;
      next.focus();
    });
    if (filters) {
      const buttons = [...filters.querySelectorAll("[data-kind]")];
      const select = filters.querySelector("select");
      filters.hidden = false;
      for (const button of buttons) {
        button.addEventListener("click", () => {
          kind = button.dataset.kind;
          all = false;
          for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
          show();
        });
      }
      if (select) {
        select.addEventListener("change", () => {
          wanted = select.value;
          all = false;
          show();
        });
      }
    }
    show();
  }
})();
