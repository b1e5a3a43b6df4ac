// The key, requests, and parts of the page that arrive later.
const aisle = { starters: [] };
(() => {
  "use strict";
  const root = document.body.dataset.root;
  aisle.one = (selector, within = document) => within.querySelector(selector);
  aisle.all = (selector, within = document) => [...within.querySelectorAll(selector)];

  class Refusal extends Error {
    constructor(status, error) {
      super(error.what + ". " + error.do[0].toUpperCase() + error.do.slice(1) + ".");
      this.status = status;
    }
  }

  // Asks the server; a refusal becomes an error with the server's own words.
  aisle.ask = async (path, options = {}) => {
    const headers = { "X-Aisle-Part": "1", ...options.headers };
    let response;
    try {
      response = await fetch(root + path, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The server cannot be reached. Is it still running?");
    }
    if (response.ok) return response;
    const told = await response.json().catch(() => null);
    if (response.status === 401 && aisle.one("#try")) location.reload();
    throw new Refusal(response.status, told && told.error
      ? told.error : { what: "The server answered " + response.status, do: "try again" });
  };

  // The policy lets no style attribute through; what a script sets may stand.
  aisle.dress = (within) => {
    for (const one of aisle.all("[data-style]", within)) one.style.cssText = one.dataset.style;
    for (const one of aisle.all(".scripted", within)) one.hidden = false;
    for (const one of aisle.all(".plain", within)) if (one.tagName === "SPAN") one.hidden = true;
  };
  aisle.put = (place, html) => {
    place.innerHTML = html;
    aisle.dress(place);
  };
  aisle.element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  aisle.count = (value) => value.toLocaleString("en");
  aisle.share = (value) => {
    if (value === null || value === undefined) return "–";
    if (value === 0 || value === 1) return 100 * value + "%";
    if (value < 1 && value >= 0.9995) return ">99.9%";
    return (100 * value).toFixed(1) + "%";
  };
  aisle.plural = (amount, word) => aisle.count(amount) + " " + word + (amount === 1 ? "" : "s");

  const start = () => {
    aisle.dress(document);
    for (const starter of aisle.starters) starter();
  };

  const forget = aisle.one("#forget");
  const leave = () => aisle.ask("page/key", { method: "DELETE" });
  forget.addEventListener("click", async () => { await leave(); location.reload(); });

  const enter = async (key, said) => {
    const main = aisle.one("main");
    try {
      // The key becomes a cookie that no script can read, this one neither.
      if (key) await aisle.ask("page/key", { method: "POST", body: new URLSearchParams({ key }) });
      const html = await (await aisle.ask("page/body")).text();
      main.innerHTML = html;
      forget.hidden = false;
      start();
      main.focus();
    } catch (error) {
      const unknown = error.status === 401;
      if (unknown) await leave();
      said(unknown ? key ? "The server does not know this key." : "The key is to be entered again." : error.message);
    }
  };
  const opened = () => {
    const gate = aisle.one("#gate");
    if (!gate) return start();
    const field = aisle.one("#key"), said = aisle.one("#key-said");
    const tell = (words) => { said.textContent = words; field.focus(); };
    gate.addEventListener("submit", (event) => {
      event.preventDefault();
      said.textContent = "";
      enter(field.value.trim(), tell);
    });
    if ("entered" in gate.dataset) enter("", tell); else field.focus();
  };
  // Starters stand in the files that follow this one.
  document.addEventListener("DOMContentLoaded", opened);
})();
