// The signs of faces, each drawn once and then stamped: a numbered one a posted face, an open
// circle an unused one.

const OUTLINES = {
  round(ctx, middle, radius) {
    ctx.arc(middle, middle, radius, 0, 2 * Math.PI);
  },
  square(ctx, middle, radius) {
    const side = radius * 0.9;
    ctx.rect(middle - side, middle - side, 2 * side, 2 * side);
  },
  diamond(ctx, middle, radius) {
    const reach = radius * 1.25;
    ctx.moveTo(middle, middle - reach);
    ctx.lineTo(middle + reach, middle);
    ctx.lineTo(middle, middle + reach);
    ctx.lineTo(middle - reach, middle);
    ctx.closePath();
  },
};

/** Return what gives the stamp of some portraits, none of them for an unused face. */
function makeStamps(model) {
  const stamps = new Map();
  theme.listeners.push(() => stamps.clear());
  return (marks, radius, scale) => {
    const name = `${marks.join()}|${radius}|${scale}`;
    if (!stamps.has(name)) stamps.set(name, stampOf(marks.map((index) => model.series[index]), radius, scale));
    return stamps.get(name);
  };
}

function stampOf(marks, radius, scale) {
  const middle = Math.ceil(radius * 1.25) + 2;
  const canvas = el("canvas");
  canvas.width = canvas.height = 2 * middle * scale;
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  if (marks.length) drawPosted(ctx, middle, radius, marks);
  else drawUnused(ctx, middle, radius * 0.5);
  return { canvas, middle };
}

function drawUnused(ctx, middle, radius) {
  ctx.beginPath();
  ctx.arc(middle, middle, radius, 0, 2 * Math.PI);
  ctx.fillStyle = theme.now().paper;
  ctx.fill();
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = theme.now().unused;
  ctx.stroke();
}

/** Draw a portrait's sign with its number; of several portraits, a disc of one sector each. */
function drawPosted(ctx, middle, radius, marks) {
  const turn = (2 * Math.PI) / marks.length;
  const outline = marks.length > 1 ? OUTLINES.round : OUTLINES[marks[0].shape];
  marks.forEach((series, i) => {
    ctx.beginPath();
    if (marks.length === 1) outline(ctx, middle, radius);
    else {
      ctx.moveTo(middle, middle);
      ctx.arc(middle, middle, radius, i * turn - Math.PI / 2, (i + 1) * turn - Math.PI / 2);
    }
    ctx.fillStyle = series.colour;
    ctx.fill();
  });
  ctx.beginPath();
  outline(ctx, middle, radius);
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = "#ffffff";
  ctx.stroke();
  if (marks.length > 1 || radius < 6) return;
  const { mark } = marks[0];
  ctx.fillStyle = "#ffffff";
  ctx.font = `700 ${Math.round(radius * (mark.length > 2 ? 0.85 : 1.15))}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(mark, middle, middle + 0.5);
}
