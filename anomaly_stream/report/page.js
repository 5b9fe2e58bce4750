"use strict";
// Draws each chart from the JSON beside it. report/chart_data.py says what the JSON holds.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const LEFT = 56, RIGHT = 8, TOP = 14, PLOT = 150, GAP = 8, SCORE = 30, FOOT = 18;
  const HEIGHT = TOP + PLOT + GAP + SCORE + FOOT;
  const SEVERITIES = ["", "minor", "moderate", "severe"];
  // None is over 2.5 times the one before, so an axis with room for five dates has at least two.
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
    345600, 604800, 1209600, 2592000, 5184000, 7776000, 15552000, 31536000, 63072000, 157680000];

  const create = (tag, attributes, text) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const isExtreme = (x) => x !== 0 && (Math.abs(x) >= 1e15 || Math.abs(x) < 1e-5);
  const number = (x, largest = 0) => {
    if (x === null) return "none";
    if (Math.abs(x) < largest * 1e-8) return "0";
    return isExtreme(x) ? String(Number(x.toPrecision(4))) : Number(x.toPrecision(6)).toLocaleString("en");
  };
  const onAxis = (x, step) => {
    if (isExtreme(x)) return String(Number(x.toPrecision(3)));
    const form = step >= 1000 ? { notation: "compact", maximumFractionDigits: 2 } : { maximumFractionDigits: 6 };
    return x.toLocaleString("en", form);
  };
  const iso = (seconds) => new Date(seconds * 1000).toISOString();
  const moment = (seconds) => iso(seconds).slice(0, 19).replace("T", " ") + " UTC";

  // Values decide the range; the band may add a third of it on either side.
  const rangeOf = (data) => {
    let low = Infinity, high = -Infinity, least = Infinity, most = -Infinity;
    data.v.forEach((v, i) => {
      low = Math.min(low, v ?? low);
      high = Math.max(high, v ?? high);
      for (const edge of [data.e[i], data.l[i], data.u[i]]) {
        if (edge !== null) {
          least = Math.min(least, edge);
          most = Math.max(most, edge);
        }
      }
    });
    if (low > high) return [0, 1];
    const reach = (high - low) / 3 || Math.abs(high) / 10 || 1;
    low = Math.max(Math.min(low, least), low - reach);
    high = Math.min(Math.max(high, most), high + reach);
    const margin = (high - low) * 0.05 || reach;
    return [low - margin, high + margin];
  };

  const niceTicks = (low, high, count) => {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const ticks = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(12)));
    return ticks;
  };

  const timeTicks = (start, end, count) => {
    const step = STEPS.find((s) => s >= (end - start) / count) || STEPS[STEPS.length - 1];
    const ticks = [];
    for (let t = Math.ceil(start / step) * step; t <= end; t += step) ticks.push(t);
    const shown = step >= 86400 ? [0, 10] : step >= 60 ? [5, 16] : [11, 19];
    return ticks.map((t) => [t, iso(t).slice(...shown).replace("T", " ")]);
  };

  const pathOf = (xs, ys) => {
    let path = "", pen = "M";
    xs.forEach((x, i) => {
      if (ys[i] === null) {
        pen = "M";
      } else {
        path += `${pen}${x.toFixed(1)},${ys[i].toFixed(1)}`;
        pen = "L";
      }
    });
    return path;
  };

  // Runs of points that have a band, each as one polygon; a side without an edge reaches the frame.
  const bandOf = (data, xs, y, low, high) => {
    let path = "", from = 0;
    const known = (i) => data.e[i] !== null && (data.l[i] !== null || data.u[i] !== null);
    while (from < xs.length) {
      if (!known(from)) {
        from += 1;
        continue;
      }
      let to = from;
      while (to + 1 < xs.length && known(to + 1)) to += 1;
      const places = Array.from({ length: to - from + 1 }, (_, k) => from + k);
      const upper = places.map((i) => `${xs[i].toFixed(1)},${y(data.u[i] ?? high).toFixed(1)}`);
      const lower = places.reverse().map((i) => `${xs[i].toFixed(1)},${y(data.l[i] ?? low).toFixed(1)}`);
      path += `M${upper.join("L")}L${lower.join("L")}Z`;
      from = to + 1;
    }
    return path;
  };

  // The points within a view, and one more on either side, so that lines reach the frame.
  const cut = (all, [start, end]) => {
    let from = all.times.findIndex((t) => t >= start), to = all.times.findLastIndex((t) => t <= end);
    from = Math.max(0, (from < 0 ? all.times.length : from) - 1);
    to = Math.min(all.times.length - 1, to + 1);
    const part = { a: all.a, w: all.w };
    for (const name of ["times", "v", "e", "l", "u", "s", "k", "only"]) part[name] = all[name].slice(from, to + 1);
    return part;
  };

  const draw = (chart, all, group) => {
    const width = Math.max(260, chart.clientWidth);
    const [start, end] = group.view || [all.times[0], all.times[all.times.length - 1]];
    const data = cut(all, [start, end]), times = data.times, span = end - start || 1;
    const [low, high] = rangeOf(data);
    const x = (t) => LEFT + (width - LEFT - RIGHT) * (t - start) / span;
    const y = (v) => TOP + PLOT * (high - Math.max(low, Math.min(high, v))) / (high - low);
    const xs = times.map(x);
    const svg = create("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT });
    const frame = svg.appendChild(create("clipPath", { id: `frame-${chart.id}` }));
    frame.append(create("rect", { x: LEFT - 4, y: 0, width: width - LEFT - RIGHT + 8, height: HEIGHT }));
    const inner = create("g", { "clip-path": `url(#frame-${chart.id})` });
    const add = (tag, attributes, text) => svg.appendChild(create(tag, attributes, text));
    const plot = (tag, attributes) => inner.appendChild(create(tag, attributes));
    const ticks = niceTicks(low, high, 4);
    for (const tick of ticks) {
      add("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) });
      add("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" },
        onAxis(tick, ticks.length > 1 ? ticks[1] - ticks[0] : 1));
    }
    for (const [tick, text] of timeTicks(start, end, Math.max(2, Math.floor(width / 130)))) {
      add("line", { class: "grid", x1: x(tick), x2: x(tick), y1: TOP, y2: TOP + PLOT + GAP + SCORE });
      const anchor = x(tick) > width - 50 ? "end" : x(tick) < LEFT + 20 ? "start" : "middle";
      add("text", { x: x(tick), y: HEIGHT - 4, "text-anchor": anchor }, text);
    }
    const strip = (name, [from, to], top, height) => {
      const left = x(Math.max(start, from)), right = x(Math.min(end, to));
      if (to >= start && from <= end) {
        plot("rect", { class: name, x: left - 1, width: Math.max(2, right - left + 2), y: top, height });
      }
    };
    data.w.forEach((window) => strip("label", window, TOP, PLOT));
    plot("path", { class: "band", d: bandOf(data, xs, y, low, high) });
    plot("path", { class: "expected", d: pathOf(xs, data.e.map((e) => e === null ? null : y(e))) });
    plot("path", { class: "value", d: pathOf(xs, data.v.map((v) => v === null ? null : y(v))) });
    data.a.forEach((alert) => strip("alert-span", alert, TOP - 9, 5));
    const base = TOP + PLOT + GAP + SCORE;
    add("text", { x: LEFT - 6, y: base - SCORE / 2 + 4, "text-anchor": "end" }, "score");
    add("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: base, y2: base });
    let bars = "";
    data.s.forEach((s, i) => {
      if (s > 0) bars += `M${(xs[i] - 0.7).toFixed(1)},${base}v${(-SCORE * s / 100).toFixed(1)}h1.4V${base}Z`;
    });
    if (xs.length === 1) plot("circle", { class: "lone", cx: xs[0], cy: y(data.v[0]), r: 2.5 });
    plot("path", { class: "score", d: bars });
    data.k.forEach((severity, i) => {
      if (severity > 0) {
        const name = SEVERITIES[severity] + (data.only[i] ? " only" : "");
        plot("circle", { class: `anomaly ${name}`, cx: xs[i].toFixed(1), cy: y(data.v[i]).toFixed(1), r: 3.2 });
      }
    });
    svg.append(inner);
    chart.replaceChildren(svg);
    const timeAt = (place) => start + span * (place - LEFT) / (width - LEFT - RIGHT);
    const placeAt = (event) => {
      const box = svg.getBoundingClientRect();
      return (event.clientX - box.left) * width / box.width;
    };
    hover(chart, svg, data, xs, width, placeAt);
    zoom(chart, svg, group, placeAt, timeAt);
  };

  // Dragging shows a span in all charts of the series, a double click the whole.
  const zoom = (chart, svg, group, placeAt, timeAt) => {
    let from = null, mark = null;
    svg.onpointerdown = (event) => {
      from = placeAt(event);
      mark = svg.appendChild(create("rect", { class: "selection", y: TOP, height: PLOT, width: 0 }));
      svg.setPointerCapture(event.pointerId);
    };
    svg.onpointermove = (event) => {
      if (from === null) return;
      mark.setAttribute("x", Math.min(from, placeAt(event)));
      mark.setAttribute("width", Math.abs(placeAt(event) - from));
    };
    svg.onpointerup = (event) => {
      const ends = [from, placeAt(event)].sort((a, b) => a - b);
      mark.remove();
      from = null;
      if (ends[1] - ends[0] > 5) show(group, ends.map(timeAt));
    };
    svg.ondblclick = () => show(group, null);
  };

  const hover = (chart, svg, data, xs, width, placeAt) => {
    const times = data.times;
    const cursor = svg.appendChild(
      create("line", { class: "cursor", y1: TOP, y2: TOP + PLOT + GAP + SCORE, visibility: "hidden" }));
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    chart.append(tip);
    let at = 0;
    const point = (i) => {
      at = Math.max(0, Math.min(xs.length - 1, i));
      const status = data.k[at] < 0 ? "learning" : SEVERITIES[data.k[at]] || "normal";
      const largest = Math.max(...[data.v, data.e, data.l, data.u].map((column) => Math.abs(column[at] ?? 0)));
      const [expected, lower, upper] = [data.e, data.l, data.u].map((column) => number(column[at], largest));
      tip.textContent = data.k[at] < 0
        ? `${moment(times[at])}\nvalue ${number(data.v[at])}\nlearning`
        : `${moment(times[at])}\nvalue ${number(data.v[at])}\nexpected ${expected}\nnormal ${lower} to ${upper}\n` +
          `score ${number(data.s[at])}, ${status}`;
      tip.hidden = false;
      tip.style.left = xs[at] > width / 2 ? "" : `${xs[at] + 10}px`;
      tip.style.right = xs[at] > width / 2 ? `${width - xs[at] + 10}px` : "";
      cursor.setAttribute("x1", xs[at]);
      cursor.setAttribute("x2", xs[at]);
      cursor.setAttribute("visibility", "visible");
    };
    const hide = () => {
      tip.hidden = true;
      cursor.setAttribute("visibility", "hidden");
    };
    const nearest = (place) => {
      let low = 0, high = xs.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (xs[middle] < place) low = middle + 1; else high = middle;
      }
      return low > 0 && place - xs[low - 1] < xs[low] - place ? low - 1 : low;
    };
    chart.onpointermove = (event) => {
      const place = placeAt(event);
      // Within three pixels an anomaly goes before its neighbours.
      let best = nearest(place);
      for (let i = best - 40; i <= best + 40; i++) {
        if (data.k[i] > 0 && Math.abs(xs[i] - place) < 3 && !(data.k[best] > 0)) best = i;
      }
      point(best);
    };
    chart.onpointerleave = hide;
    chart.onblur = hide;
    chart.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        event.preventDefault();
        point(at + step);
      }
    };
  };

  const show = (group, view) => {
    group.view = view;
    group.charts.forEach(([chart, data]) => draw(chart, data, group));
  };

  const read = (chart) => {
    const data = JSON.parse(chart.parentElement.querySelector("script").textContent);
    let time = data.t0;
    data.times = data.t.map((step) => (time += step));
    const only = new Set(data.o);
    data.only = data.k.map((_, i) => only.has(i));
    return data;
  };

  let count = 0;
  const groups = [...document.querySelectorAll(".panels")].map((panels) => {
    const charts = [...panels.querySelectorAll(".chart")];
    charts.forEach((chart) => (chart.id = `chart-${count++}`));
    return { view: null, charts: charts.map((chart) => [chart, read(chart)]) };
  });
  const drawAll = () => groups.forEach((group) => show(group, group.view));
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 150);
  });
  drawAll();
})();
