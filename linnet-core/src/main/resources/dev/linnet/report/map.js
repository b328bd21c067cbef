// Maps of pictures: section.picture-map holds its data as JSON, echarts is above.
(function () {
  "use strict";
  const DOT = 5, CHIPS = 40;

  function start(section) {
    const data = JSON.parse(section.querySelector("script").textContent);
    const find = (name) => section.querySelector("." + name);
    const canvas = find("canvas"), detail = find("detail"), keys = find("keys");
    const count = data.names.length, side = data.side;
    const answered = data.answers.some((a) => a >= 0);
    const state = { layout: 0, color: "class", pictures: true, only: -1 };
    const sprite = new Image();
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    let shown = []; // points that are drawn as pictures

    const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const name = (c) => (c < 0 ? "–" : data.classes[c]);
    function hue(c) {
      return c < 0 ? css("--soft") : "hsl(" + Math.round((c * 137.508 + 210) % 360) + " 62% " + css("--lightness") + ")";
    }
    function color(i) {
      if (state.color === "right") return css(data.labels[i] === data.answers[i] ? "--right" : "--wrong");
      return hue(state.color === "answer" ? data.answers[i] : data.labels[i]);
    }
    function faded(i) {
      return state.only >= 0 && (state.color === "answer" ? data.answers : data.labels)[i] !== state.only;
    }
    const at = (i) => [data.layouts[state.layout].x[i], data.layouts[state.layout].y[i]];

    function thumbnail(i, size) {
      const picture = document.createElement("canvas");
      picture.width = picture.height = size;
      const pen = picture.getContext("2d");
      pen.imageSmoothingEnabled = size < side;
      if (sprite.complete) {
        pen.drawImage(sprite, (i % data.columns) * side, Math.floor(i / data.columns) * side, side, side, 0, 0, size, size);
      }
      return picture;
    }
    function line(to, text, kind) {
      const div = document.createElement("div");
      div.textContent = text;
      if (kind) div.className = kind;
      to.appendChild(div);
    }
    function words(i) {
      const box = document.createElement("div");
      line(box, "is " + name(data.labels[i]));
      if (data.answers[i] >= 0) {
        const right = data.answers[i] === data.labels[i];
        const known = data.labels[i] >= 0;
        line(box, "said " + name(data.answers[i]) + " " + (data.sure[i] / 10).toFixed(1) + " %", known ? (right ? "good" : "bad") : "");
      }
      line(box, data.names[i], "path");
      return box;
    }
    function tip(i) {
      const box = document.createElement("div");
      box.className = "over";
      box.append(thumbnail(i, 96), words(i));
      return box;
    }
    function show(i) {
      detail.replaceChildren(thumbnail(i, 128), words(i));
      const near = document.createElement("div");
      line(near, "nearest on this map");
      const strip = document.createElement("div");
      strip.className = "strip";
      const own = at(i);
      const others = [...Array(count).keys()].filter((j) => j !== i);
      const far = (j) => (at(j)[0] - own[0]) ** 2 + (at(j)[1] - own[1]) ** 2;
      others.sort((a, b) => far(a) - far(b)).slice(0, 8).forEach((j) => {
        const picture = thumbnail(j, 48);
        picture.title = name(data.labels[j]) + " – " + data.names[j];
        strip.appendChild(picture);
      });
      near.appendChild(strip);
      detail.appendChild(near);
    }

    // ---- what is drawn

    function size() {
      return Math.max(18, Math.min(side, 48, canvas.clientWidth / 24));
    }
    /** Pictures that do not overlap; the others stay dots. */
    function choose() {
      shown = [];
      if (!state.pictures || !sprite.complete) return;
      const cell = size() + 3, taken = new Set();
      const width = canvas.clientWidth, height = canvas.clientHeight;
      for (let i = 0; i < count; i++) {
        if (faded(i)) continue;
        const p = chart.convertToPixel({ gridIndex: 0 }, at(i));
        if (p[0] < 0 || p[1] < 0 || p[0] > width || p[1] > height) continue;
        const key = Math.floor(p[0] / cell) + "/" + Math.floor(p[1] / cell);
        if (!taken.has(key)) {
          taken.add(key);
          shown.push(i);
        }
      }
    }
    function draw(params, api) {
      const i = shown[params.dataIndex];
      const s = size(), p = api.coord(at(i));
      const cell = chart.getWidth() ? size() + 3 : s;
      // In the middle of its cell, so that pictures form rows.
      const x = Math.floor(p[0] / cell) * cell + 1, y = Math.floor(p[1] / cell) * cell + 1;
      return {
        type: "group",
        children: [
          { type: "rect", shape: { x: x - 1.5, y: y - 1.5, width: s + 3, height: s + 3, r: 3 }, style: { fill: color(i) } },
          { type: "image", style: { image: sprite, sx: (i % data.columns) * side, sy: Math.floor(i / data.columns) * side,
            sWidth: side, sHeight: side, x: x, y: y, width: s, height: s } },
        ],
      };
    }
    function axis() {
      return { type: "value", show: false, min: -300, max: 10300 };
    }
    function series() {
      const dots = [...Array(count).keys()].map((i) => ({
        value: [...at(i), i],
        itemStyle: { color: color(i), opacity: faded(i) ? 0.06 : 0.75 },
      }));
      return [
        { type: "scatter", id: "dots", data: dots, symbolSize: count > 3000 ? DOT - 1 : DOT + 1, progressive: 0 },
        { type: "custom", id: "pictures", renderItem: draw, data: shown.map((i) => [...at(i), i]), z: 3, clip: true },
      ];
    }
    function point(params) {
      return params.seriesId === "pictures" ? shown[params.dataIndex] : params.dataIndex;
    }
    function render() {
      const about = data.layouts[state.layout].about;
      find("layout-about").textContent = about;
      chart.setOption({
        animation: false,
        backgroundColor: "transparent",
        grid: { left: 0, right: 0, top: 0, bottom: 0 },
        xAxis: axis(),
        yAxis: axis(),
        dataZoom: [
          { type: "inside", xAxisIndex: 0, filterMode: "none", minSpan: 1 },
          { type: "inside", yAxisIndex: 0, filterMode: "none", minSpan: 1 },
        ],
        tooltip: {
          trigger: "item", confine: true, backgroundColor: css("--card"), borderColor: css("--rule"),
          textStyle: { color: css("--ink") }, formatter: (params) => tip(point(params)),
        },
        series: series(),
      });
      again();
    }
    function again() {
      choose();
      chart.setOption({ series: [{ id: "pictures", data: shown.map((i) => [...at(i), i]) }] });
    }

    // ---- what is asked

    function select(label, options, change) {
      const field = document.createElement("label"), list = document.createElement("select");
      options.forEach(([value, text]) => list.add(new Option(text, value)));
      list.addEventListener("change", () => change(list.value));
      field.append(label + " ", list);
      find("controls").appendChild(field);
    }
    function chips() {
      keys.replaceChildren();
      if (state.color === "right") return;
      const used = new Map();
      const of = state.color === "answer" ? data.answers : data.labels;
      of.forEach((c) => used.set(c, (used.get(c) || 0) + 1));
      [...used.keys()].sort((a, b) => used.get(b) - used.get(a)).slice(0, CHIPS).sort((a, b) => a - b).forEach((c) => {
        const chip = document.createElement("button"), dot = document.createElement("i");
        chip.type = "button";
        chip.className = "key";
        chip.setAttribute("aria-pressed", String(state.only === c));
        dot.style.background = hue(c);
        chip.append(dot, name(c) + " " + used.get(c));
        chip.addEventListener("click", () => {
          state.only = state.only === c ? -1 : c;
          chips();
          render();
        });
        keys.appendChild(chip);
      });
    }
    if (data.layouts.length > 1) {
      select("map", data.layouts.map((l, i) => [i, l.name]), (v) => { state.layout = Number(v); render(); });
    }
    if (answered) {
      const colors = [["class", "class"], ["answer", "answer"]];
      if (data.labels.some((l) => l >= 0)) colors.push(["right", "right or wrong"]);
      select("color by", colors, (v) => { state.color = v; state.only = -1; chips(); render(); });
    }
    const box = document.createElement("label"), check = document.createElement("input");
    check.type = "checkbox";
    check.checked = true;
    check.addEventListener("change", () => { state.pictures = check.checked; again(); });
    box.append(check, "pictures");
    const reset = document.createElement("button");
    reset.type = "button";
    reset.textContent = "whole map";
    reset.addEventListener("click", () => {
      chart.dispatchAction({ type: "dataZoom", batch: [{ dataZoomIndex: 0, start: 0, end: 100 }, { dataZoomIndex: 1, start: 0, end: 100 }] });
    });
    find("controls").append(box, reset);
    detail.textContent = "Point at a picture to see it, click to keep it here; zoom with the wheel or two fingers.";

    chart.on("click", (params) => show(point(params)));
    // A slow phone takes the end of a tap for no click; what is touched is shown at once.
    let touched = false;
    const pointer = (event) => { touched = event.pointerType === "touch"; };
    canvas.addEventListener("pointerdown", pointer, true);
    canvas.addEventListener("pointermove", pointer, true);
    chart.on("mouseover", (params) => { if (touched) show(point(params)); });
    let waiting = 0;
    chart.on("datazoom", () => {
      clearTimeout(waiting);
      waiting = setTimeout(again, 60);
    });
    window.addEventListener("resize", () => { chart.resize(); again(); });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => { chips(); render(); });
    sprite.onload = again;
    sprite.src = data.sprite;
    chips();
    render();
    section.classList.add("ready");
  }
  document.querySelectorAll("section.picture-map").forEach(start);
})();
