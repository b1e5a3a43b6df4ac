// A whole catalogue: sent once, answered chunk by chunk.
aisle.starters.push(() => {
  "use strict";
  const { one, all, element, count, share, plural } = aisle;
  const PAGE = 50;
  const box = one("[data-catalogue]"), input = one("#file"), refused = one("#file-refused");
  const bar = one("#bar"), progress = one("#progress"), words = one("#progress-words");
  const said = one("#catalogue-said"), results = one("#results"), table = one("#answers");
  const category = one("#of-category"), decision = one("#of-decision"), order = one("#order");
  const search = one("#search"), shown = one("#shown"), more = one("#more");
  const classifies = Boolean(category);
  let answers = [], total = 0, limit = PAGE, running = null, name = "answers", milestone = 0;

  const chosen = () => {
    const wanted = search.value.trim().toLowerCase();
    const kept = answers.filter((each) => {
      if (wanted && !(each.id + " " + each.title + " " + (each.category || "")).toLowerCase().includes(wanted)) return false;
      if (!classifies) return true;
      if (category.value && each.category !== category.value) return false;
      if (decision.value === "error") return Boolean(each.error);
      if (decision.value === "differs") return Boolean(each.given) && each.given !== each.category;
      return !decision.value || each.decision === decision.value;
    });
    const sign = { least: 1, most: -1 }[order.value];
    const figure = (each) => (classifies ? each.confidence : each.value) ?? -1;
    return sign ? kept.sort((a, b) => sign * (figure(a) - figure(b)) || a.row - b.row) : kept;
  };

  const cell = (text, className = "") => element("td", { className, textContent: text });
  const plain = (value) => value === null || value === undefined ? "–"
    : Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toLocaleString("en");
  const line = (each, pictures) => {
    const row = element("tr");
    if (pictures) {
      const place = element("td", { className: "picture" });
      if (each.photograph) place.append(element("img", { src: each.photograph, alt: "", loading: "lazy" }));
      row.append(place);
    }
    const title = element("th", { scope: "row" });
    title.append(element("bdi", { textContent: each.title || "(no words)" }), element("small", { textContent: each.id }));
    if (each.error) title.append(element("small", { className: "remark", textContent: each.error }));
    row.append(title);
    if (!classifies) {
      row.append(cell(plain(each.value), "numeric"), cell(plain(each.low), "numeric"), cell(plain(each.high), "numeric"));
      return row;
    }
    const answer = cell(each.category || "–");
    if (each.given && each.given !== each.category) answer.append(element("small", { className: "remark", textContent: "in the file: " + each.given }));
    const sure = cell(share(each.confidence), "numeric");
    sure.append(element("progress", { className: "sure-bar", max: 1, value: each.confidence || 0, ariaHidden: "true" }));
    const verdict = element("td");
    verdict.append(element("span", { className: "chip " + (each.decision === "accept" ? "good" : "warn"), textContent: each.decision }));
    row.append(answer, sure, verdict);
    return row;
  };
  const draw = () => {
    const found = chosen(), pictures = answers.some((each) => each.photograph);
    const heads = (pictures ? ["Photograph"] : []).concat("Product", classifies ? ["Answer", "Sure", "Decision"] : ["Value", "From", "To"]);
    table.tHead.rows[0].replaceChildren(...heads.map((head) => element("th", {
      scope: "col", className: ["Sure", "Value", "From", "To"].includes(head) ? "numeric" : "", textContent: head === "Photograph" ? "" : head,
      ariaLabel: head === "Photograph" ? head : null,
    })));
    table.tBodies[0].replaceChildren(...found.slice(0, limit).map((each) => line(each, pictures)));
    shown.textContent = found.length === answers.length
      ? plural(found.length, "product") : count(found.length) + " of " + plural(answers.length, "product");
    more.hidden = found.length <= limit;
  };

  const card = (label, figure, told) => {
    const made = element("div", { className: "card" });
    const dd = element("dd");
    dd.append(element("span", { className: "figure", textContent: figure }), element("span", { className: "words", textContent: told }));
    made.append(element("dt", { textContent: label }), dd);
    return made;
  };
  const summarise = () => {
    const part = (kept) => share(answers.length ? kept / answers.length : 0) + " of those answered";
    const amiss = answers.filter((each) => each.error).length;
    const cards = [];
    if (classifies) {
      const accepted = answers.filter((each) => each.decision === "accept").length;
      cards.push(card("Accept", count(accepted), part(accepted)), card("Review", count(answers.length - accepted), part(answers.length - accepted)));
      const labelled = answers.filter((each) => each.given);
      const agree = labelled.filter((each) => each.given === each.category).length;
      if (labelled.length) cards.push(card("As in the file", share(agree / labelled.length), "of " + plural(labelled.length, "product") + " with a label; says little of those that it was trained on"));
    } else {
      cards.push(card("Answered", count(answers.length), "products"));
    }
    cards.push(card("With a remark", count(amiss), amiss ? "something could not be read" : "all could be read"));
    one("#counts").replaceChildren(...cards);
    if (!classifies) return;
    const sizes = new Map();
    for (const each of answers) if (each.category) sizes.set(each.category, (sizes.get(each.category) || 0) + 1);
    const kept = category.value;
    const options = [...sizes].sort().map(([label, size]) => element("option", { value: label, textContent: label + " (" + count(size) + ")" }));
    category.replaceChildren(element("option", { value: "", textContent: "all" }), ...options);
    category.value = sizes.has(kept) ? kept : "";
  };
  const advance = () => {
    bar.max = Math.max(total, 1);
    bar.value = answers.length;
    words.textContent = count(answers.length) + " of " + plural(total, "product");
    const quarter = Math.floor(4 * answers.length / Math.max(total, 1));
    if (quarter > milestone) {
      milestone = quarter;
      said.textContent = words.textContent + " classified.";
    }
  };

  const take = (message) => {
    if (message.rows !== undefined) {
      total = message.rows;
      const told = one("#file-problems");
      told.hidden = !message.problems.length;
      told.textContent = message.problems.join(" ");
    } else if (message.answers) {
      answers.push(...message.answers);
      results.hidden = false;
    } else if (message.refused) {
      throw new Error("Stopped after " + plural(answers.length, "product") + ": " + message.refused.what + "; " + message.refused.do + ".");
    } else if (message.done) {
      words.textContent = plural(total, "product") + " in " + message.seconds.toFixed(1) + " s, " + count(Math.round(total / Math.max(message.seconds, 0.001))) + " a second";
      return true;
    }
    advance();
    return false;
  };
  const read = async (response) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", done = false;
    for (;;) {
      const piece = await reader.read();
      if (piece.done) break;
      const lines = (rest + piece.value).split("\n");
      rest = lines.pop();
      for (const each of lines) if (each) done = take(JSON.parse(each)) || done;
      summarise();
      draw();
    }
    if (!done) throw new Error("The connection broke after " + plural(answers.length, "product") + ".");
  };

  const pictured = (file) => file.type.startsWith("image/");
  const classify = async (files) => {
    const file = files.find((each) => !pictured(each)), photographs = files.filter(pictured);
    if (!file) {
      refused.textContent = "There is no catalogue among the files.";
      return;
    }
    const form = new FormData();
    form.append("name", file.name);
    form.append("catalogue", file);
    for (const each of photographs) form.append("photographs/" + each.name, each);
    if (running) running.abort();
    const own = running = new AbortController();
    [answers, total, limit, milestone] = [[], 0, PAGE, 0];
    name = file.name.replace(/\.[^.]*$/, "") + "-answers";
    refused.textContent = "";
    results.hidden = true;
    progress.hidden = false;
    one("#stop").hidden = false;
    words.textContent = "Sending " + file.name + (photographs.length ? " and " + plural(photographs.length, "photograph") : "");
    bar.removeAttribute("value");
    try {
      await read(await aisle.ask("page/catalogue", { method: "POST", body: form, signal: own.signal }));
      said.textContent = "All " + words.textContent + ".";
      one("#results-title").focus({ preventScroll: true });
    } catch (error) {
      if (running !== own) return;
      if (error.name === "AbortError") words.textContent = "Stopped after " + plural(answers.length, "product");
      else refused.textContent = error.message;
      bar.value = answers.length;
      progress.hidden = error.name !== "AbortError" && !answers.length;
    } finally {
      if (running === own) {
        running = null;
        one("#stop").hidden = true;
        input.value = "";
      }
    }
  };
  input.addEventListener("change", () => { if (input.files.length) classify([...input.files]); });
  aisle.droppable(box, (files) => { if (files.length) classify([...files]); });
  one("#stop").addEventListener("click", () => { if (running) running.abort(); input.focus(); });

  const again = () => { limit = PAGE; draw(); };
  for (const control of [category, decision, order]) if (control) control.addEventListener("change", again);
  search.addEventListener("input", again);
  more.addEventListener("click", () => {
    const first = limit;
    limit += PAGE;
    draw();
    const row = table.tBodies[0].rows[first];
    if (row) { row.tabIndex = -1; row.focus(); }
  });

  const columns = classifies
    ? ["id", "title", "category", "confidence", "decision", "modalities", "error"]
    : ["id", "title", "value", "low", "high", "modalities", "error"];
  const quoted = (value) => {
    let text = value === null || value === undefined ? "" : Array.isArray(value) ? value.join("+") : String(value);
    // A spreadsheet would run what begins like a formula.
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const written = {
    csv: (rows) => "\uFEFF" + [columns, ...rows.map((each) => columns.map((column) => each[column]))].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n",
    json: (rows) => JSON.stringify(rows.map(({ photograph, row, ...kept }) => kept), null, 1),
  };
  for (const button of all("[data-download]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.download;
      const file = new Blob([written[kind](chosen())], { type: kind === "csv" ? "text/csv" : "application/json" });
      const link = element("a", { href: URL.createObjectURL(file), download: name + "." + kind });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
});
