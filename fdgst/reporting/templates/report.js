"use strict";
// Sorts and filters tables, draws rows against each other, and shows the images behind a cell. The page is whole without it.
(() => {
  const SVG = new Set(["svg", "image", "path", "line", "text", "title", "g"]);
  const make = (tag, attributes = {}, ...children) => {
    const node = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children); // text stays text, whatever it holds
    return node;
  };
  const read = name => JSON.parse(document.getElementById(`data-${name}`)?.textContent ?? "null");
  const points = read("points"), cases = read("cases");
  const titles = pairs => Object.fromEntries(pairs);
  const say = value => value === null ? "–" : value.toFixed(2).replace("-", "−");

  // Tables: a click on a head sorts the rows of each body; what is no number stands last.
  const held = cell => {
    const text = (cell.dataset.value ?? cell.textContent).trim(), number = parseFloat(text.replace("−", "-").replace(/^< */, ""));
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
  const empty = value => value === "–" || value === "";
  for (const head of document.querySelectorAll("th[data-column]")) {
    const button = make("button", {type: "button", class: "sort"}, ...head.childNodes), table = head.closest("table");
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending", column = Number(head.dataset.column);
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter(row => row.className !== "group").map(row => [held(row.cells[column]), row]);
        rows.sort(([a], [b]) => empty(a) - empty(b) || (up ? 1 : -1) * compare(a, b));
        body.append(...rows.map(([, row]) => row));
      }
    });
  }
  for (const table of document.querySelectorAll("table[data-filter]")) {
    const input = make("input", {type: "search"}), told = make("output");
    table.parentNode.before(make("div", {class: "filter"}, make("label", {}, "Rows with ", input), told));
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/), rows = [...table.tBodies].flatMap(body => [...body.rows]);
      for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
      told.textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length} rows`;
    });
  }

  // A table or a figure that is wider than its frame says so.
  const frames = new ResizeObserver(entries => {
    for (const {target} of entries) {
      const frame = target.closest(".wide, .sheet, .drawing");
      frame.previousElementSibling.hidden = frame.scrollWidth <= frame.clientWidth + 1;
    }
  });
  for (const frame of document.querySelectorAll(".wide, .sheet, .drawing")) {
    frame.before(make("p", {class: "swipe", hidden: ""}, `← → Wider than the screen: scroll it sideways${frame.matches(".sheet") ? ", or click to enlarge" : ""}.`));
    frames.observe(frame);
    if (frame.firstElementChild) frames.observe(frame.firstElementChild);
  }

  // Images with outlines, in a dialog: truth dashed, predictions in full lines, a box to tick for each.
  const dialog = make("dialog", {"aria-labelledby": "dialog-title"});
  document.body.append(dialog);
  const outlined = place => {
    const {picture, outlines} = cases.predictions[place], {size, source, image, outlines: truth} = cases.pictures[picture];
    const shown = make("svg", {viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": `${image} with outlines`});
    if (source) shown.append(make("image", {href: source, width: size[0], height: size[1], preserveAspectRatio: "none"}));
    const draw = (paths, name) => paths.forEach((path, number) => {
      for (const kind of ["casing", name === "truth" ? "truth" : `structure-${number}`])
        shown.append(make("path", {d: path, class: kind, "data-part": `${name} structure-${number}`}));
    });
    draw(outlines, "prediction");
    draw(truth, "truth");
    return shown;
  };
  const keys = () => {
    const parts = [["prediction", "prediction (full lines)"], ["truth", "truth (dashed)"]];
    if (points && points.structures.length > 1) points.structures.forEach(([, title], number) => parts.push([`structure-${number}`, title]));
    const list = make("div", {class: "keys"});
    for (const [part, title] of parts) {
      const box = make("input", {type: "checkbox", value: part});
      const key = part === "prediction" ? "" : make("svg", {viewBox: "0 0 10 10"}, make("path", {class: part, d: "M0 5H10"}));
      box.checked = true;
      list.append(make("label", {}, box, " ", key, " ", title));
    }
    list.addEventListener("change", () => {
      const off = [...list.querySelectorAll("input:not(:checked)")].map(box => box.value);
      for (const path of dialog.querySelectorAll(".views path"))
        path.style.display = path.dataset.part.split(" ").some(part => off.includes(part)) ? "none" : "";
    });
    return list;
  };
  const brighter = place => {
    const {times} = cases.pictures[cases.predictions[place].picture];
    return times > 1 ? ` (shown ${times} times brighter)` : "";
  };
  const open = (title, views) => {
    const close = make("button", {type: "button", class: "close"}, "Close"), row = make("div", {class: "views"});
    for (const [place, caption] of views) row.append(make("figure", {}, outlined(place), make("figcaption", {}, `${caption}${brighter(place)}`)));
    close.addEventListener("click", () => dialog.close());
    dialog.className = "";
    dialog.replaceChildren(make("h3", {id: "dialog-title"}, title), close, keys(), row);
    dialog.showModal();
  };
  for (const picture of document.querySelectorAll(".sheet > img")) { // a click shows a figure at twice its size
    const button = make("button", {type: "button", class: "zoom", "aria-haspopup": "dialog", "aria-label": `Enlarge: ${picture.alt}`});
    picture.replaceWith(button);
    button.append(picture);
    button.addEventListener("click", () => {
      const close = make("button", {type: "button", class: "close"}, "Close"), large = picture.cloneNode();
      const times = picture.src.startsWith("data:image/svg") ? 2.5 : 1.5; // vectors stay sharp
      large.setAttribute("width", Math.round(Math.max(picture.naturalWidth * times, innerWidth * .93)));
      close.addEventListener("click", () => dialog.close());
      dialog.className = "whole";
      dialog.replaceChildren(make("h3", {id: "dialog-title"}, picture.alt), close, make("div", {class: "large", tabindex: "0", role: "region", "aria-label": picture.alt}, large));
      dialog.showModal();
    });
  }
  const named = ({unseen, image}) => `${image}${points ? `, ${titles(points.domains)[unseen]}` : ""}`;
  const cells = new Map((cases?.cells ?? []).map(cell => [[cell.method, cell.structure, cell.metric, cell.unseen].join(), cell]));
  for (const table of document.querySelectorAll("table.headline")) {
    for (const cell of table.querySelectorAll("[data-cell]")) {
      const found = cells.get(cell.dataset.cell), mean = cell.querySelector(".mean");
      if (!found) continue;
      const head = cell.closest("tbody").querySelector(".group .stay").firstChild.textContent.trim();
      const title = `${cell.parentNode.cells[0].textContent.trim()}, ${head}${points ? `, ${titles(points.structures)[found.structure]}` : ""}`;
      const button = make("button", {type: "button", class: "cell", "aria-haspopup": "dialog", tabindex: "-1"}, ...mean.childNodes);
      mean.append(button);
      button.addEventListener("click", () => open(title, found.shown.map(([place, value], number) =>
        [place, `${["Best", "Median", "Worst"][number]}: ${say(value)}. ${named(cases.pictures[cases.predictions[place].picture])}`])));
    }
    table.querySelector(".cell")?.setAttribute("tabindex", "0"); // one stop of the tabulator; arrows move on
    table.addEventListener("keydown", event => {
      const [down, right] = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key] ?? [0, 0];
      const cell = event.target.closest(".cell")?.closest("td");
      if (!cell || !(down || right)) return;
      let row = cell.parentNode.rowIndex, column = cell.cellIndex, next = null;
      do {
        row += down;
        column += right;
        if (!table.rows[row] || (right && !table.rows[row].cells[column])) return;
        next = table.rows[row].cells[column]?.querySelector(".cell");
      } while (!next);
      event.preventDefault();
      event.target.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  }

  // One row against another: a point per image.
  const chart = document.getElementById("chart");
  if (!chart || points.methods.length < 2) return;
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#888888"];
  const SIGNS = ["M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", "M-4.5-4.5h9v9h-9z", "M0-6L6 0L0 6L-6 0z", "M0-5.5L5.5 4.5h-11z", "M0 5.5L5.5-4.5h-11z", "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z"];
  const SIDE = 440, LEFT = 62, FOOT = 46, TOP = 12;
  const choice = (name, options, chosen) => {
    const select = make("select");
    options.forEach(([value, title], number) => select.append(make("option", {value, ...(number === chosen ? {selected: ""} : {})}, title)));
    select.addEventListener("change", () => draw());
    return [select, make("label", {}, `${name} `, select)];
  };
  const [upright, label1] = choice("Row", points.methods, points.methods.length - 1), [level, label2] = choice("against", points.methods, 0);
  const [structure, label3] = choice("in", points.structures, 0), [metric, label4] = choice("by", points.metrics, 0);
  const told = make("output", {"aria-live": "polite"}), sheet = make("svg", {tabindex: "0", role: "img", viewBox: `0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + FOOT}`});
  const legend = make("div", {class: "keys"});
  points.domains.forEach(([, title], number) => legend.append(make("span", {},
    make("svg", {viewBox: "-7 -7 14 14"}, make("path", {d: SIGNS[number % SIGNS.length], fill: COLOURS[number % COLOURS.length]})), ` ${title}`)));
  chart.append(make("div", {class: "filter"}, label1, label2, label3, label4), sheet, legend, told);
  chart.hidden = false;
  const domains = points.domains.map(([id]) => id);
  let drawn = [], now = -1;
  const text = select => select.selectedOptions[0].textContent;
  const draw = () => {
    const values = [level, upright].map(row => points.values[[row.value, structure.value, metric.value].join()] ?? []);
    drawn = points.images.map((image, number) => ({image, x: values[0][number] ?? null, y: values[1][number] ?? null})).filter(point => point.x !== null && point.y !== null);
    const all = drawn.flatMap(point => [point.x, point.y]), low = Math.min(...all), high = Math.max(...all), pad = (high - low || 1) * .04;
    const place = value => (value - low + pad) / (high - low + 2 * pad) * SIDE;
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find(size => (high - low) / size <= 6) ?? 1000;
    const better = points.metrics.find(([name]) => name === metric.value)[2];
    sheet.replaceChildren();
    sheet.setAttribute("aria-label", `${text(upright)} over ${text(level)}, ${text(structure)}, ${text(metric)}: ${drawn.length} images`);
    for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
      const at = place(tick);
      sheet.append(make("line", {class: "grid", x1: LEFT + at, x2: LEFT + at, y1: TOP, y2: TOP + SIDE}), make("line", {class: "grid", x1: LEFT, x2: LEFT + SIDE, y1: TOP + SIDE - at, y2: TOP + SIDE - at}),
        make("text", {x: LEFT + at, y: TOP + SIDE + 18, "text-anchor": "middle"}, String(tick)), make("text", {x: LEFT - 6, y: TOP + SIDE - at + 4, "text-anchor": "end"}, String(tick)));
    }
    sheet.append(make("line", {class: "diagonal", x1: LEFT, y1: TOP + SIDE, x2: LEFT + SIDE, y2: TOP}),
      make("text", {x: LEFT + SIDE / 2, y: TOP + SIDE + 38, "text-anchor": "middle"}, `${text(level)}, ${text(metric)}`),
      make("text", {transform: `translate(16 ${TOP + SIDE / 2}) rotate(-90)`, "text-anchor": "middle"}, `${text(upright)}, ${text(metric)}`));
    drawn.sort((a, b) => better * ((a.y - a.x) - (b.y - b.x))); // the arrows begin where the row falls furthest behind
    drawn.forEach((point, number) => {
      const kind = domains.indexOf(point.image[0]);
      point.node = make("path", {class: "point", d: SIGNS[kind % SIGNS.length], fill: COLOURS[kind % COLOURS.length], transform: `translate(${LEFT + place(point.x)} ${TOP + SIDE - place(point.y)})`});
      point.node.append(make("title", {}, point.image[1]));
      point.node.addEventListener("pointerenter", () => mark(number));
      point.node.addEventListener("click", () => look(number));
      sheet.append(point.node);
    });
    const ahead = drawn.filter(point => better * (point.y - point.x) > 0).length;
    now = -1;
    told.textContent = `${text(upright)} is ahead on ${ahead} of ${drawn.length} images.`;
  };
  const mark = number => {
    drawn[now]?.node.classList.remove("now");
    now = number;
    const {image: [unseen, name], x, y, node} = drawn[now];
    node.classList.add("now");
    told.textContent = `${name}, ${titles(points.domains)[unseen]}: ${text(upright)} ${say(y)}, ${text(level)} ${say(x)}`;
  };
  const look = number => {
    const [unseen, name] = drawn[number].image, views = [];
    for (const row of [upright, level])
      (cases?.predictions ?? []).forEach((found, place) => {
        const picture = cases.pictures[found.picture];
        if (found.method === row.value && picture.unseen === unseen && picture.image === name) views.push([place, text(row)]);
      });
    if (views.length) open(`${name}, ${titles(points.domains)[unseen]}`, views);
    else told.textContent += ". No picture of it is kept: it is no cell’s best, median or worst.";
  };
  sheet.addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (step && drawn.length) mark((Math.max(now, step < 0 ? 0 : -1) + step + drawn.length) % drawn.length);
    else if (event.key === "Enter" && now >= 0) look(now);
    else return;
    event.preventDefault();
  });
  draw();
})();
