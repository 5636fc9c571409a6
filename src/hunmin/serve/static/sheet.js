// A page's picture with the boxes of its lines, upright however the page lay.

const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [1, 1.4, 2, 2.8, 4];
const LOUPE_PX = 44;

/** Which part of a page is doubtful enough to be marked: the probability that it is right is below this. */
export const SURE_FROM = 0.8;

export const makeSheet = (element, { onChoose, onNear }) => {
  let page = null, image = null, polygons = [], zoom = 0;

  const fit = () => {
    if (!page) return;
    const turned = page.rotation_deg % 180 !== 0;
    const [width, height] = turned ? [page.height_px, page.width_px] : [page.width_px, page.height_px];
    const frame = element.firstElementChild;
    frame.style.width = `${100 * ZOOMS[zoom]}%`;
    frame.style.aspectRatio = `${width} / ${height}`;
    const inner = frame.firstElementChild;
    inner.style.width = turned ? `${(100 * height) / width}%` : "100%";
    inner.style.height = turned ? `${(100 * width) / height}%` : "100%";
    inner.style.transform = `translate(-50%, -50%) rotate(${-(page.rotation_deg ?? 0)}deg)`;
  };

  /** Show a page; `source` is the address of its picture. */
  const show = (newPage, source) => {
    page = newPage;
    image = new Image();
    image.alt = "";
    image.src = source;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${page.width_px} ${page.height_px}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    polygons = page.lines.map((line, index) => {
      const polygon = document.createElementNS(SVG, "polygon");
      polygon.setAttribute("points", line.box.map((corner) => corner.join(",")).join(" "));
      if (!line.text) polygon.classList.add("empty");
      else if (line.confidence < SURE_FROM && !line.isSettled) polygon.classList.add("doubtful");
      polygon.addEventListener("click", () => onChoose(index));
      polygon.addEventListener("pointerenter", () => onNear(index));
      polygon.addEventListener("pointerleave", () => onNear(-1));
      svg.append(polygon);
      return polygon;
    });
    const inner = document.createElement("div");
    inner.className = "turned";
    inner.append(image, svg);
    const frame = document.createElement("div");
    frame.className = "frame";
    frame.append(inner);
    element.replaceChildren(frame);
    fit();
  };

  const clear = () => {
    page = image = null;
    polygons = [];
    element.replaceChildren();
  };

  const choose = (index) => {
    polygons.forEach((polygon, at) => polygon.classList.toggle("chosen", at === index));
    const polygon = polygons[index];
    if (!polygon) return;
    polygon.parentNode.append(polygon); // above its neighbours
    const box = polygon.getBoundingClientRect(), seen = element.getBoundingClientRect();
    if (box.top < seen.top || box.bottom > seen.bottom) element.scrollTop += (box.top + box.bottom - seen.top - seen.bottom) / 2;
    if (box.left < seen.left || box.right > seen.right) element.scrollLeft += box.left - seen.left - 16;
  };

  /** Somebody has looked at a line in doubt, or takes that back. */
  const settle = (index, isSettled) => polygons[index]?.classList.toggle("doubtful", !isSettled);

  const near = (index) => polygons.forEach((polygon, at) => polygon.classList.toggle("near", at === index));

  /** Draw a line of the page upright into a canvas, at a height at which it can be read. */
  const drawLine = (line, canvas, width) => {
    if (!image?.complete || !image.naturalWidth) return false;
    const [first, second, , fourth] = line.box;
    const across = Math.hypot(second[0] - first[0], second[1] - first[1]);
    const down = Math.hypot(fourth[0] - first[0], fourth[1] - first[1]);
    if (across < 1 || down < 1) return false;
    const density = window.devicePixelRatio || 1;
    const scale = Math.min(LOUPE_PX / down, width / across) * density;
    const margin = 0.12 * down;
    canvas.width = Math.max(1, Math.round((across + 2 * margin) * scale));
    canvas.height = Math.max(1, Math.round((down + 2 * margin) * scale));
    canvas.style.width = `${canvas.width / density}px`;
    const context = canvas.getContext("2d");
    const [ax, ay] = [(second[0] - first[0]) / across, (second[1] - first[1]) / across];
    const [dx, dy] = [(fourth[0] - first[0]) / down, (fourth[1] - first[1]) / down];
    const inverse = ax * dy - ay * dx || 1;
    const [a, b, c, d] = [dy / inverse, -ay / inverse, -dx / inverse, ax / inverse];
    const [x, y] = first;
    context.setTransform(scale * a, scale * b, scale * c, scale * d, scale * (margin - a * x - c * y), scale * (margin - b * x - d * y));
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, page.width_px, page.height_px);
    return true;
  };

  const zoomBy = (steps) => {
    zoom = Math.min(Math.max(zoom + steps, 0), ZOOMS.length - 1);
    fit();
    return { isLeast: zoom === 0, isMost: zoom === ZOOMS.length - 1 };
  };

  return { show, clear, choose, settle, near, drawLine, zoomBy, whenLoaded: (call) => image?.addEventListener("load", call) };
};
