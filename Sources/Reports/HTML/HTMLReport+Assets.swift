extension HTMLReport {
  /// The page's style.
  static let style = """
    :root { color-scheme: light; font-family: "DejaVu Sans", Verdana, sans-serif; font-size: 15px; line-height: 1.45; color: #121212; background: #fff; }
    body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.2rem 4rem; }
    h1 { font-size: 1.6rem; margin: .4rem 0; }
    h2 { font-size: 1.15rem; margin: 2.2rem 0 .3rem; }
    form { position: sticky; top: 0; background: #fff; padding: .5rem 0; display: flex; flex-wrap: wrap; gap: 1.2rem; border-bottom: 1px solid #ddd; z-index: 2; }
    form[hidden], [hidden] { display: none; }
    select { font: inherit; max-width: 22rem; }
    .caption, .notes, .missing { color: #545454; font-size: .87rem; max-width: 64rem; }
    .missing { color: #8a3a00; }
    .notes { padding-left: 1.1rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; margin: .5rem 0; font-size: .87rem; }
    th, td { padding: .22rem .6rem; text-align: left; border-bottom: 1px solid #e6e6e6; }
    thead th { border-bottom: 1px solid #404040; vertical-align: bottom; }
    td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    th button { all: unset; cursor: pointer; font-weight: 600; }
    th button:focus-visible { outline: 2px solid #0069b2; }
    th[aria-sort="ascending"] button::after { content: " \\2191"; }
    th[aria-sort="descending"] button::after { content: " \\2193"; }
    .provenance td { font-family: "DejaVu Sans Mono", monospace; word-break: break-all; }
    figure { display: inline-block; vertical-align: top; margin: .8rem .8rem .4rem 0; max-width: 100%; }
    figure img { display: block; width: 34rem; max-width: 100%; }
    .hover { position: relative; }
    .hover svg { position: absolute; inset: 0; width: 100%; height: 100%; }
    .values { position: absolute; pointer-events: none; background: #fffffff2; border: 1px solid #999; padding: .3rem .5rem; font-size: .78rem; z-index: 1; white-space: nowrap; }
    .values table { margin: 0; font-size: inherit; }
    .values td { border: 0; padding: 0 .4rem 0 0; }
    """

  /// Sorting, filtering and the values of curves. Numbers sort before texts, what is absent comes last; equal ones keep their order.
  static let script = """
    "use strict";
    (() => {
      const key = (cell) => {
        if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
        const text = cell.textContent.trim();
        return cell.classList.contains("number") ? null : text;
      };
      const compare = (a, b) => {
        if (typeof a === "number" && typeof b === "number") return a - b;
        if (typeof a === "number") return -1;
        if (typeof b === "number") return 1;
        return a.localeCompare(b, "en", { numeric: true });
      };
      for (const table of document.querySelectorAll("table.sortable")) {
        const headers = [...table.tHead.rows[0].cells];
        headers.forEach((header, column) => {
          header.querySelector("button").addEventListener("click", () => {
            const descending = header.getAttribute("aria-sort") === "ascending";
            headers.forEach((other) => other.setAttribute("aria-sort", "none"));
            header.setAttribute("aria-sort", descending ? "descending" : "ascending");
            const rows = [...table.tBodies[0].rows].map((row, place) => ({ row, place, key: key(row.cells[column]) }));
            rows.sort((a, b) => {
              if (a.key === null || b.key === null) {
                return (a.key === null) - (b.key === null) || a.place - b.place;
              }
              return (descending ? -1 : 1) * compare(a.key, b.key) || a.place - b.place;
            });
            for (const { row } of rows) table.tBodies[0].append(row);
          });
        });
      }

      const form = document.getElementById("filters");
      const selects = [...form.querySelectorAll("select")];
      const apply = () => {
        const chosen = new Map(selects.map((select) => [select.name, select.value]));
        for (const item of document.querySelectorAll("tr, figure, section")) {
          const data = item.dataset;
          item.hidden = [...chosen].some(([name, value]) => value !== "" && data[name] !== undefined && data[name] !== value);
        }
      };
      if (selects.length > 0) {
        form.hidden = false;
        form.addEventListener("submit", (event) => event.preventDefault());
        form.addEventListener("input", apply);
        apply();
      }

      const written = (value) => {
        const size = Math.abs(value);
        return value !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
      };
      // The last point at or before the pointer; between points of a line the value in between.
      const at = (curve, x, isStepped) => {
        const points = curve.points;
        let low = 0, high = points.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (points[middle][0] <= x) low = middle + 1; else high = middle;
        }
        if (low === 0) return null;
        const point = points[low - 1];
        if (isStepped || low === points.length) return low === points.length && x > point[0] + 0.5 && !isStepped ? null : point;
        const next = points[low];
        const share = (x - point[0]) / (next[0] - point[0]);
        return share < 0.5 ? point : next;
      };
      for (const hover of document.querySelectorAll(".hover")) {
        const data = JSON.parse(hover.querySelector("script").textContent);
        const svg = hover.querySelector("svg");
        const box = hover.querySelector(".values");
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        line.setAttribute("stroke", "#404040");
        line.setAttribute("stroke-width", "0.6");
        line.setAttribute("y1", data.plot[1]);
        line.setAttribute("y2", data.plot[1] + data.plot[3]);
        const hide = () => { box.hidden = true; line.remove(); };
        svg.addEventListener("pointerleave", hide);
        svg.addEventListener("pointermove", (event) => {
          const frame = svg.getBoundingClientRect();
          const x = (event.clientX - frame.left) / frame.width * data.width;
          const y = (event.clientY - frame.top) / frame.height * data.height;
          const [left, top, width, height] = data.plot;
          if (x < left || x > left + width || y < top || y > top + height) return hide();
          const rows = data.curves.map((curve) => ({ curve, point: at(curve, x, data.isStepped) })).filter((row) => row.point);
          if (rows.length === 0) return hide();
          line.setAttribute("x1", x);
          line.setAttribute("x2", x);
          svg.append(line);
          const table = document.createElement("table");
          const cells = (texts, colour) => {
            const row = table.insertRow();
            for (const text of texts) row.insertCell().textContent = text;
            if (colour) row.cells[0].style.borderLeft = "0.5rem solid " + colour;
          };
          cells(["", data.x, data.y]);
          for (const { curve, point } of rows) {
            cells([curve.name, written(point[1]), data.isPercent ? (100 * point[2]).toFixed(2) : written(point[2])], curve.colour);
          }
          box.replaceChildren(table);
          box.hidden = false;
          const isRight = event.clientX - frame.left > frame.width / 2;
          box.style.left = isRight ? "auto" : event.clientX - frame.left + 14 + "px";
          box.style.right = isRight ? frame.right - event.clientX + 14 + "px" : "auto";
          box.style.top = event.clientY - frame.top + 14 + "px";
        });
      }
    })();
    """
}
