(() => {
  "use strict";
  const root = document.documentElement;
  const toggle = document.querySelector("[data-theme-toggle]");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const label = () => {
    toggle.textContent = isDark() ? "Light" : "Dark";
    toggle.setAttribute("aria-label", "Switch to " + (isDark() ? "light" : "dark") + " colours");
  };
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      label();
    });
    prefersDark.addEventListener("change", label);
    label();
  }

  const valueOf = (row, at) => {
    const cell = row.cells[at];
    return "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
  };
  const sort = (table, header, at) => {
    const numeric = header.dataset.sort === "number";
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = header.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    const compare = (left, right) => {
      const a = valueOf(left, at), b = valueOf(right, at);
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b));
    };
    const rows = [...table.tBodies[0].rows].sort(compare);
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    table.tBodies[0].replaceChildren(...rows);
  };
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((header, at) => {
      if (!("sort" in header.dataset)) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, header, at));
    });
  }

  for (const tools of document.querySelectorAll("[data-filter]")) {
    const field = tools.querySelector("input");
    const said = tools.querySelector("[role=status]");
    const rows = [...document.getElementById(tools.dataset.filter).tBodies[0].rows];
    const texts = new Map(rows.map((row) => {
      const name = row.cells[0], whole = name.querySelector("[title]");
      return [row, (name.textContent + " " + (whole ? whole.title : "")).toLowerCase()];
    }));
    tools.hidden = false;
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !texts.get(row).includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      said.textContent = wanted ? shown + " of " + rows.length : "";
    });
  }
})();
