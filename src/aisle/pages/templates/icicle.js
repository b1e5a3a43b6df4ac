(() => {
  "use strict";
  for (const tree of document.querySelectorAll(".icicle")) {
    const cells = [...tree.querySelectorAll(".cell")];
    const box = tree.querySelector(".cells"), trail = tree.querySelector(".trail");
    const said = tree.querySelector("[role=status]");
    const narrow = 480, all = Number(tree.dataset.levels);
    const nodes = cells.map((cell) => ({
      cell, parent: Number(cell.dataset.p), depth: Number(cell.dataset.d),
      start: Number(cell.dataset.s), rows: Number(cell.dataset.n), inner: false,
    }));
    for (const node of nodes) if (node.parent >= 0) nodes[node.parent].inner = true;
    const total = nodes.reduce((sum, node) => sum + (node.parent < 0 ? node.rows : 0), 0);
    const line = (at) => at < 0 ? [] : [...line(nodes[at].parent), at];
    const name = (at) => nodes[at].cell.querySelector("bdi").textContent;
    let root = -1;

    const under = (at) => root < 0 || line(at).includes(root);
    const draw = () => {
      const start = root < 0 ? 0 : nodes[root].start, rows = root < 0 ? total : nodes[root].rows;
      const first = root < 0 ? 0 : nodes[root].depth;
      const levels = box.clientWidth < narrow ? Math.min(2, all) : all;
      const shown = nodes.filter((node, at) => under(at) && node.depth - first < levels);
      const deepest = Math.max(...shown.map((node) => node.depth - first)) + 1;
      tree.style.setProperty("--levels", deepest);
      const height = box.clientHeight;
      nodes.forEach((node) => { node.cell.hidden = true; });
      for (const node of shown) {
        const {style, classList} = node.cell;
        style.setProperty("--d", node.depth - first);
        style.setProperty("--t", 100 * (node.start - start) / rows + "%");
        style.setProperty("--h", 100 * node.rows / rows + "%");
        const high = height * node.rows / rows;
        classList.toggle("small", high < 17);
        classList.toggle("tight", high >= 17 && high < 34);
        node.cell.hidden = false;
      }
      const way = line(root);
      trail.hidden = root < 0;
      trail.replaceChildren();
      if (root < 0) return;
      [-1, ...way].forEach((at, step) => {
        if (step) trail.append("›");
        if (at === root) return trail.append(name(at));
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = at < 0 ? "Whole tree" : name(at);
        button.addEventListener("click", () => go(at));
        trail.append(button);
      });
    };
    const go = (at) => {
      root = at;
      draw();
      said.textContent = at < 0 ? "The whole tree" : nodes[at].cell.title;
      if (at >= 0) nodes[at].cell.focus();
    };
    nodes.forEach((node, at) => {
      if (!node.inner) return;
      node.cell.tabIndex = 0;
      node.cell.setAttribute("role", "button");
      node.cell.setAttribute("aria-label", node.cell.title);
      const enter = () => go(root === at ? node.parent : at);
      node.cell.addEventListener("click", enter);
      node.cell.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          enter();
        }
        if (event.key === "Escape" && root >= 0) go(nodes[root].parent);
      });
    });
    tree.classList.add("live-tree");
    addEventListener("beforeprint", () => { if (root >= 0) go(-1); });
    let width = 0;
    new ResizeObserver(() => {
      if (box.clientWidth === width) return;
      width = box.clientWidth;
      requestAnimationFrame(draw);
    }).observe(box);
    draw();
  }
})();
