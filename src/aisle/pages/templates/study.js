(() => {
  "use strict";
  const holder = document.getElementById("scatter");
  if (!holder || typeof Plotly === "undefined") return;
  const root = document.documentElement;
  const data = JSON.parse(holder.querySelector("script").textContent);
  const key = document.getElementById("groups");
  const buttons = [...document.querySelectorAll("[data-grouping]")];
  const colours = 10;
  let grouping = data.groupings[0], alone = null, at = null, order = [];

  const make = (kind, name, ...inside) => {
    const made = document.createElement(kind);
    if (name) made.className = name;
    made.append(...inside);
    return made;
  };
  const live = make("div", "live");
  live.tabIndex = 0;
  live.setAttribute("role", "application");
  live.setAttribute("aria-label", "Products in a plane. Left and right go from product to product across, up and down by height, Escape leaves.");
  const tip = make("div", "tip");
  tip.hidden = true;
  const said = make("p", "unseen");
  said.setAttribute("role", "status");
  holder.append(live, tip, said);
  holder.classList.add("drawn");

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const colourOf = (group) => group === grouping.grey ? "--cloud-grey" : "--c" + group % colours;
  const squared = (group) => group !== grouping.grey && group >= colours;

  const traces = () => grouping.names.map((name, group) => {
    const own = [...data.x.keys()].filter((one) => grouping.places[one] === group);
    return {
      type: "scatter", mode: "markers", name, customdata: own, hoverinfo: "none",
      x: own.map((one) => data.x[one]), y: own.map((one) => data.y[one]),
      marker: {
        color: colour(colourOf(group)), size: data.x.length > 1500 ? 6 : 8,
        symbol: squared(group) ? "square" : "circle",
        opacity: alone === null ? (group === grouping.grey ? 0.5 : 0.85) : (alone === group ? 0.95 : 0.08),
        line: {width: 0.5, color: colour("--surface")},
      },
    };
  });

  const marked = () => at === null ? [] : [{
    type: "scatter", mode: "markers", x: [data.x[at]], y: [data.y[at]], hoverinfo: "skip",
    marker: {size: 16, color: "rgba(0,0,0,0)", line: {width: 2.5, color: colour("--ink")}},
  }];

  const hidden = {visible: false, showgrid: false, zeroline: false};
  const draw = () => {
    const width = live.clientWidth;
    if (!width) return;
    Plotly.react(live, [...traces(), ...marked()], {
      width, height: Math.min(Math.max(300, width * 0.62), 560), showlegend: false,
      hovermode: "closest", hoverdistance: 24, margin: {l: 4, r: 4, t: 4, b: 4}, xaxis: {...hidden}, yaxis: {...hidden},
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", uirevision: "kept",
    }, {displayModeBar: false, doubleClick: "reset", showTips: false});
  };

  const words = (one) => {
    const lines = [];
    if (data.classes[one]) lines.push(data.classes[one]);
    const clusters = data.groupings[data.groupings.length - 1];
    const name = clusters.names[clusters.places[one]];
    lines.push(name.startsWith("cluster") ? name : "cluster " + name);
    return lines;
  };

  const show = (one, left, top) => {
    const told = make("div", "", make("p", "title", data.titles[one]), ...words(one).map((line) => make("p", "of", line)));
    tip.replaceChildren(told);
    if (data.photographs[one]) {
      const image = make("img");
      image.src = data.photographs[one];
      image.alt = "";
      tip.prepend(image);
    }
    tip.hidden = false;
    const room = holder.clientWidth - tip.offsetWidth - 8;
    tip.style.left = Math.max(8, Math.min(left + 14, room)) + "px";
    const below = top + 18 + tip.offsetHeight < holder.clientHeight;
    tip.style.top = Math.max(8, below ? top + 18 : top - tip.offsetHeight - 14) + "px";
  };
  const hide = () => { tip.hidden = true; };

  const legend = () => {
    const sizes = grouping.names.map(() => 0);
    for (const group of grouping.places) sizes[group] += 1;
    key.replaceChildren(...grouping.names.map((name, group) => {
      const dot = make("i", (group === grouping.grey ? "grey" : "c" + group % colours) + (squared(group) ? " square" : ""));
      const button = make("button", "", dot, name + " (" + sizes[group] + ")");
      button.type = "button";
      button.setAttribute("aria-pressed", String(alone === group));
      button.addEventListener("click", () => {
        alone = alone === group ? null : group;
        for (const [other, item] of [...key.children].entries()) {
          item.firstChild.setAttribute("aria-pressed", String(alone === other));
        }
        draw();
      });
      return make("li", "", button);
    }));
  };

  const step = (by, axis) => {
    order = [...data.x.keys()].sort((one, other) => data[axis][one] - data[axis][other] || one - other);
    const next = at === null ? (by > 0 ? 0 : order.length - 1) : order.indexOf(at) + by;
    at = order[Math.min(Math.max(next, 0), order.length - 1)];
    draw();
    const {xaxis, yaxis} = live._fullLayout;
    show(at, xaxis._offset + xaxis.d2p(data.x[at]), yaxis._offset + yaxis.d2p(data.y[at]));
    said.textContent = [data.titles[at], ...words(at)].join(", ");
  };
  const leave = () => {
    const was = at;
    at = null;
    hide();
    if (was !== null) draw();
  };

  legend();
  draw();
  live.on("plotly_hover", ({points, event}) => {
    const box = holder.getBoundingClientRect();
    const one = points[0].customdata;
    if (typeof one === "number") show(one, event.clientX - box.left, event.clientY - box.top);
  });
  live.on("plotly_unhover", hide);
  live.addEventListener("keydown", (event) => {
    const move = {ArrowRight: [1, "x"], ArrowLeft: [-1, "x"], ArrowUp: [1, "y"], ArrowDown: [-1, "y"]}[event.key];
    if (event.key === "Escape") leave();
    if (!move) return;
    event.preventDefault();
    step(...move);
  });
  live.addEventListener("blur", leave);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      grouping = data.groupings.find((one) => one.key === button.dataset.grouping);
      alone = null;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      legend();
      draw();
    });
  }
  if (buttons.length > 1) buttons[0].closest(".tools").hidden = false;
  let width = live.clientWidth;
  new ResizeObserver(() => {
    if (live.clientWidth === width) return;
    width = live.clientWidth;
    requestAnimationFrame(draw);
  }).observe(holder);
  new MutationObserver(draw).observe(root, {attributes: true, attributeFilter: ["data-theme"]});
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
