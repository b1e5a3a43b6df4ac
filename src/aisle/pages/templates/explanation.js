(() => {
  "use strict";
  for (const viewer of document.querySelectorAll(".viewer")) {
    const stage = viewer.querySelector(".stage");
    const overlays = [...stage.querySelectorAll(".over")];
    const told = [...viewer.parentElement.querySelectorAll("[data-map]")];
    const show = (key) => {
      for (const one of overlays) one.hidden = one.dataset.key !== key;
      for (const one of told) one.hidden = one.dataset.map !== key;
    };
    for (const choice of viewer.querySelectorAll(".choose input")) {
      choice.addEventListener("change", () => show(choice.value));
    }
    for (const part of viewer.querySelectorAll(".live-only")) part.hidden = false;
    const slider = viewer.querySelector("input[type=range]");
    if (slider) {
      const said = viewer.querySelector("output");
      const fade = () => {
        stage.style.setProperty("--opacity", String(slider.value / 100));
        // A coloured product would hide the colours of the map.
        stage.style.setProperty("--grey", String(Math.min(1, slider.value / 60)));
        said.textContent = slider.value + "%";
      };
      slider.addEventListener("input", fade);
      fade();
    }
  }
  const open = () => {
    const named = document.getElementById(location.hash.slice(1));
    if (named instanceof HTMLDetailsElement) named.open = true;
  };
  window.addEventListener("hashchange", open);
  open();
})();
