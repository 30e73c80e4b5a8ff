// What a network sees, drawn over the picture or the video: masks, boxes with names, key points. The canvas lies over an
// element whose content is fitted into it whole (object-fit: contain).

// paint draws an answer of /api/detect and its sisters. colours are by class, edges the lines between key points.
export function paint(canvas, answer, mask, { colours, edges, least, name, percent }) {
  const ratio = window.devicePixelRatio || 1;
  const wide = canvas.clientWidth, high = canvas.clientHeight;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  if (!answer || !wide) return;
  const scale = Math.min(wide / answer.width, high / answer.height);
  const left = (wide - answer.width * scale) / 2, top = (high - answer.height * scale) / 2;
  const x = (v) => left + v * scale, y = (v) => top + v * scale;
  const ink = (i) => colours[((i % colours.length) + colours.length) % colours.length];

  if (mask) {
    c.globalAlpha = 0.55;
    c.imageSmoothingEnabled = false;
    c.drawImage(mask, left, top, answer.width * scale, answer.height * scale);
    c.globalAlpha = 1;
  }
  const boxes = answer.boxes ?? [];
  const twice = (path, colour, width) => { // a line with an outline that contrasts with it
    c.lineJoin = c.lineCap = "round";
    for (const [style, more] of [[contrast(colour), 2], [colour, 0]]) {
      c.strokeStyle = style;
      c.lineWidth = width + more;
      c.beginPath();
      path();
      c.stroke();
    }
  };
  for (const b of [...boxes].reverse()) { // the best last, above the others
    const [x0, y0, x1, y1] = b.box;
    if (!edges.length) twice(() => c.rect(x(x0), y(y0), (x1 - x0) * scale, (y1 - y0) * scale), ink(b.class), 2);
  }
  boxes.forEach((b, i) => {
    const points = b.points ?? [];
    const seen = (p) => p && p[2] >= least;
    for (const [from, to] of edges) {
      const p = points[from], q = points[to];
      if (seen(p) && seen(q)) twice(() => { c.moveTo(x(p[0]), y(p[1])); c.lineTo(x(q[0]), y(q[1])); }, ink(b.class), 2);
    }
    const radius = points.length > 64 ? 1 : 3;
    points.forEach((p, n) => {
      if (!seen(p)) return;
      c.beginPath();
      c.arc(x(p[0]), y(p[1]), radius, 0, 7);
      c.fillStyle = ink(b.class + 1 + n % 2);
      c.strokeStyle = contrast(c.fillStyle);
      c.lineWidth = 1;
      c.fill();
      c.stroke();
    });
  });
  if (!edges.length) labels(c, boxes, { x, y, wide, high, ink, name, percent });
}

// labels writes names and scores beside the boxes, where the least of other labels is covered.
function labels(c, boxes, { x, y, wide, high, ink, name, percent }) {
  const size = wide < 420 ? 11 : 13, line = size + 6, taken = [];
  c.font = `600 ${size}px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;
  c.textBaseline = "middle";
  for (const b of boxes.slice(0, 64)) {
    const text = `${name(b)} ${percent(b.score)}`;
    const w = Math.min(c.measureText(text).width + 10, wide);
    const [x0, y0, x1, y1] = [x(b.box[0]), y(b.box[1]), x(b.box[2]), y(b.box[3])];
    let best = null, least = Infinity;
    for (const [px, py] of [[x0, y0 - line], [x1 - w, y0 - line], [x0, y0], [x1 - w, y0], [x0, y1], [x1 - w, y1],
      [x0, y1 - line], [x1 - w, y1 - line], [x0, y0 + line], [x0, y0 + 2 * line], [x0, y0 - 2 * line]]) {
      const r = { x: Math.max(0, Math.min(px, wide - w)), y: Math.max(0, Math.min(py, high - line)) };
      const covered = taken.reduce((sum, t) => sum + Math.max(0, Math.min(r.x + w, t.x + t.w) - Math.max(r.x, t.x)) *
        Math.max(0, Math.min(r.y + line, t.y + line) - Math.max(r.y, t.y)), 0);
      if (covered < least) [best, least] = [r, covered];
      if (!covered) break;
    }
    if (!best) continue; // of no numbers
    taken.push({ ...best, w });
    c.fillStyle = ink(b.class);
    c.fillRect(best.x, best.y, w, line);
    c.fillStyle = contrast(ink(b.class));
    c.fillText(text, best.x + 5, best.y + line / 2 + 1, w - 10);
  }
}

// contrast is black beside a light colour, white beside a dark one.
function contrast(colour) {
  const n = parseInt(colour.slice(1), 16);
  return 299 * (n >> 16) + 587 * (n >> 8 & 255) + 114 * (n & 255) > 105000 ? "#000000" : "#ffffff";
}
