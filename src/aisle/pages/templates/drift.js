(() => {
  "use strict";
  // the table of columns shows those that moved, or all of them
  const table = document.getElementById("column-table");
  const choice = document.getElementById("column-choice");
  if (!table || !choice) return;
  const rows = [...table.tBodies[0].rows];
  const calm = rows.filter((row) => row.dataset.verdict === "none");
  if (!calm.length || calm.length === rows.length) return;
  const buttons = [...choice.querySelectorAll("button")];
  choice.hidden = false;
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const row of calm) row.hidden = button.dataset.show === "moved";
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
    });
  }
})();
