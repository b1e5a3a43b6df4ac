(() => {
  "use strict";
  if (typeof Plotly === "undefined") return;
  const root = document.documentElement;
  const narrow = 480;
  // texts of the catalogue stay as they are, even one that is called like a colour
  const kept = new Set(["customdata", "text", "ticktext", "x", "y", "z"]);
  const within = (least, value, most) => Math.min(Math.max(least, value), most);

  const paint = (value, colour) => {
    if (typeof value === "string") return value.startsWith("--") ? colour(value) : value;
    if (Array.isArray(value)) return value.map((inner) => paint(inner, colour));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(
      ([key, inner]) => [key, kept.has(key) ? inner : paint(inner, colour)]));
  };

  const theme = () => {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const family = getComputedStyle(document.body).fontFamily;
    return {colour, family};
  };

  const house = ({colour, family}, layout, width, height) => {
    const axis = {
      gridcolor: colour("--line"), zeroline: false, automargin: true, ticklabeloverflow: "allow", ticklabelstandoff: 4,
      tickfont: {size: 12, color: colour("--muted")},
    };
    const axes = Object.fromEntries(Object.entries(layout).filter(([key]) => /^[xy]axis/.test(key))
      .map(([key, own]) => [key, {
        ...axis, ...own,
        title: own.title && {...own.title, standoff: 12, font: {size: 12, color: colour("--muted")}},
      }]));
    return {
      ...layout, ...axes, width, height, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: {family, size: 12, color: colour("--ink")}, showlegend: false, hovermode: "closest",
      hoverdistance: 60, margin: {l: 48, r: 22, t: 12, b: 44},
      hoverlabel: {
        bgcolor: colour("--ink"), bordercolor: colour("--ink"), align: "left",
        font: {family, size: 13, color: colour("--paper")},
      },
    };
  };

  // Points that the arrow keys visit: of a line from left to right, of a heat map row by row.
  const stops = (data) => data.flatMap((trace, curveNumber) => {
    const told = trace.customdata || [];
    const plot = "x" + (trace.yaxis || "y");
    if (trace.type === "heatmap") {
      return told.flatMap((row, y) => row.map((hint, x) => ({hint, plot, at: {xval: x, yval: y}, place: [y, x]})))
        .filter((stop) => stop.hint !== null);
    }
    return told.map((hint, pointNumber) => (
      {hint, plot, at: [{curveNumber, pointNumber}], place: [curveNumber, trace.x[pointNumber]]}));
  }).sort((one, other) => one.place[0] - other.place[0] || one.place[1] - other.place[1]);

  class Chart {
    constructor(holder) {
      this.holder = holder;
      this.carried = JSON.parse(holder.querySelector("script").textContent);
      this.live = document.createElement("div");
      this.live.className = "live";
      this.live.tabIndex = 0;
      this.live.setAttribute("role", "img");
      this.live.setAttribute("aria-label",
        `${this.carried.title}. ${this.carried.description}. The arrow keys go from point to point.`);
      this.said = document.createElement("p");
      this.said.className = "unseen";
      this.said.setAttribute("role", "status");
      holder.append(this.live, this.said);
      holder.classList.add("drawn");
      this.draw();
      new ResizeObserver(() => {
        if (holder.clientWidth !== this.width && holder.clientWidth) requestAnimationFrame(() => this.draw());
      }).observe(holder);
      this.live.addEventListener("keydown", (event) => this.step(event));
      this.live.addEventListener("blur", () => Plotly.Fx.unhover(this.live));
      holder.addEventListener("move", (event) => this.move(event.detail));
    }

    draw() {
      const {size, data, layout, short} = this.carried;
      const now = theme();
      this.width = this.holder.clientWidth;
      const width = size.wide ? within(size.wide, this.width, 1.4 * size.wide) : this.width;
      const height = within(size.least, width * size.ratio, size.most);
      const drawn = house(now, paint(layout, now.colour), size.ratio === 1 ? Math.min(width, height * 1.06) : width, height);
      if (matchMedia("(pointer: coarse)").matches) drawn.dragmode = false;
      if (this.width < narrow) {
        drawn.margin = {...drawn.margin, l: 40, r: 18};
        if (short) drawn.xaxis.ticktext = drawn.yaxis.ticktext = short;
      }
      Plotly.react(this.live, paint(data, now.colour), drawn,
        {displayModeBar: false, doubleClick: "reset", showTips: false});
    }

    step(event) {
      const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (event.key === "Escape") Plotly.Fx.unhover(this.live);
      if (!by) return;
      event.preventDefault();
      this.stops = this.stops || stops(this.carried.data);
      this.at = this.at === undefined ? (by > 0 ? 0 : this.stops.length - 1)
        : within(0, this.at + by, this.stops.length - 1);
      const stop = this.stops[this.at];
      if (!stop) return;
      Plotly.Fx.hover(this.live, stop.at, stop.plot);
      const plain = new DOMParser().parseFromString(stop.hint.replaceAll("<br>", ", "), "text/html");
      this.said.textContent = plain.body.textContent;
    }

    // Put the mark and the rule elsewhere, as a slider asks.
    move({x, y, rule, label}) {
      for (const trace of this.carried.data) {
        if (trace.meta === "mark") {
          trace.x = [x, x];
          trace.y = [y, trace.y[1]];
        }
        if (trace.meta === "rule") {
          trace.y = [rule, rule];
          trace.text = [label, ""];
        }
      }
      this.draw();
    }
  }

  const charts = [...document.querySelectorAll(".chart")].map((holder) => new Chart(holder));
  const redraw = () => charts.forEach((chart) => chart.draw());
  new MutationObserver(redraw).observe(root, {attributes: true, attributeFilter: ["data-theme"]});
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();
