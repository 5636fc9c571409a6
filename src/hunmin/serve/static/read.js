// The page in the browser: a document is sent page by page to the service, and shown beside what it says.

import { choicesOf, isInDoubt, isLow, isTouched, marked, shownAs, textOfLine } from "./doubt.js";
import { makeSheet } from "./sheet.js";
import { makeWords } from "./words.js";

const { say, start } = makeWords({
  ko: {
    skip: "본문으로", title: "한글 읽기", lead: "사진, 스캔, PDF 속의 한글을 글자로 옮깁니다.",
    drop: "여기에 파일을 놓거나 붙여넣으세요", choose: "파일 고르기", photograph: "사진 찍기",
    kinds: "PNG · JPEG · WebP · TIFF · BMP · GIF · AVIF · HEIC · PDF", privacy: "파일은 이 서비스에만 보내며, 읽고 나면 남지 않습니다.",
    dropHere: "놓으면 읽습니다", go: "계속", again: "다시 시도", stop: "그만 읽기", copy: "모두 복사", download: "내려받기", another: "새 파일",
    picture: "쪽의 그림", text: "읽은 글", previous: "앞쪽", next: "뒤쪽", smaller: "작게", larger: "크게",
    layer: "PDF에 들어 있던 글자를 그대로 옮겼습니다.", force: "그림에서 읽기", nothing: "이 쪽에서 글자를 찾지 못했습니다.",
    nextDoubt: "다음 확실하지 않은 줄", nextOne: "다음", empty: "(읽지 못한 줄)", more: "… 뒤가 더 있을 수 있음",
    page: (number, all) => `${number} / ${all}쪽`, lines: (number) => `${number}번째 쪽의 줄`,
    reading: "읽는 중…", readingPage: (number, all) => `${all}쪽 가운데 ${number}쪽을 읽는 중…`,
    waiting: "다른 요청이 끝나기를 기다리는 중…", making: (name) => `${name} 만드는 중…`, saved: (name) => `${name}을 내려받았습니다.`,
    done: (lines, pages) => (pages > 1 ? `${pages}쪽, ${lines}줄을 읽었습니다.` : `${lines}줄을 읽었습니다.`),
    stopped: (pages, all) => `${all}쪽 가운데 ${pages}쪽까지 읽었습니다.`, copied: (lines) => `${lines}줄을 복사했습니다.`,
    noDoubts: "확실하지 않은 줄이 없습니다.", doubts: (number) => `확실하지 않은 줄 ${number}개`,
    sure: (percent) => `확신도 ${percent} %`, doubtful: (percent) => ` (확실하지 않음, ${percent} %) `,
    others: "다른 후보", right: "맞음", asRead: "읽은 대로", kept: "그대로 두었습니다.", changed: (from, to) => `${from} → ${to}`,
    onlyText: "고친 글자는 ‘모두 복사’와 ‘글만’에 들어갑니다.", space: "빈칸",
    password: "이 PDF에는 암호가 걸려 있습니다. 암호:", token: "이 서비스는 토큰을 묻습니다. 토큰:", opened: (name) => `${name}을 읽었습니다`,
    formats: {
      text: "글만", pdf: "검색되는 PDF", json: "JSON", markdown: "Markdown", tsv: "낱말 표", hocr: "hOCR", alto: "ALTO XML", page: "PAGE XML (이 쪽)",
    },
    problems: {
      network: "서비스에 닿지 않습니다. 켜져 있는지 보고 다시 시도하세요.", no_room: "서버의 디스크가 가득 찼습니다. 자리를 만든 뒤 다시 시도하세요.", busy: "지금은 요청이 많습니다. 잠시 뒤에 다시 시도하세요.",
      too_large: "파일이나 그림이 너무 큽니다. 줄이거나 나누어 보내세요.", unknown_format: "이미지도 PDF도 아닌 파일입니다.",
      unsupported: "읽지 않는 형식입니다. PNG, JPEG 또는 PDF로 저장해 보내세요.", empty: "빈 파일입니다.", unreadable: "파일이 손상되었거나 잘렸습니다. 다시 저장해 보내세요.",
      several_frames: "움직이는 그림은 읽지 않습니다. 한 장을 골라 저장해 보내세요.", too_small: "그림이 너무 작습니다.", too_slow: "너무 오래 걸려 멈추었습니다. 더 작은 그림으로 보내세요.",
      not_installed: "이 서버에서는 검색되는 PDF를 만들 수 없습니다.", no_token: "토큰이 맞지 않습니다.", encrypted: "암호가 맞지 않습니다.", other: "처리하지 못했습니다",
    },
  },
  en: {
    skip: "Skip to content", title: "Read Korean text", lead: "Turns the Korean in photos, scans and PDFs into text.",
    drop: "Drop a file here, or paste one", choose: "Choose a file", photograph: "Take a photo",
    kinds: "PNG · JPEG · WebP · TIFF · BMP · GIF · AVIF · HEIC · PDF", privacy: "Files go to this service alone, and nothing is kept once they are read.",
    dropHere: "Drop it to read it", go: "Continue", again: "Try again", stop: "Stop reading", copy: "Copy all", download: "Download", another: "New file",
    picture: "Picture of the page", text: "Text", previous: "Previous page", next: "Next page", smaller: "Smaller", larger: "Larger",
    layer: "This text was in the PDF already.", force: "Read the picture instead", nothing: "No text was found on this page.",
    nextDoubt: "Next line in doubt", nextOne: "Next", empty: "(a line that could not be read)", more: "… may go on",
    page: (number, all) => `${number} / ${all}`, lines: (number) => `Lines of page ${number}`,
    reading: "Reading…", readingPage: (number, all) => `Reading page ${number} of ${all}…`,
    waiting: "Waiting for other requests…", making: (name) => `Making ${name}…`, saved: (name) => `Downloaded ${name}.`,
    done: (lines, pages) => `Read ${lines} line${lines === 1 ? "" : "s"}${pages > 1 ? ` on ${pages} pages` : ""}.`,
    stopped: (pages, all) => `Read ${pages} of ${all} pages.`, copied: (lines) => `Copied ${lines} line${lines === 1 ? "" : "s"}.`,
    noDoubts: "No line is in doubt.", doubts: (number) => `${number} line${number === 1 ? "" : "s"} in doubt`,
    sure: (percent) => `${percent} % sure`, doubtful: (percent) => ` (in doubt, ${percent} %) `,
    others: "Other readings", right: "Right", asRead: "As read", kept: "Kept as it is.", changed: (from, to) => `${from} → ${to}`,
    onlyText: "What you changed goes into Copy all and Text.", space: "space",
    password: "This PDF has a password:", token: "This service asks for a token:", opened: (name) => `Read ${name}`,
    formats: {
      text: "Text", pdf: "Searchable PDF", json: "JSON", markdown: "Markdown", tsv: "Table of words", hocr: "hOCR", alto: "ALTO XML", page: "PAGE XML (this page)",
    },
    problems: {
      network: "The service cannot be reached. See that it runs, and try again.", no_room: "The server's disk is full. Try again once there is room.", busy: "There are many requests at the moment. Try again a little later.",
      too_large: "The file or its picture is too large. Make it smaller, or split it.", unknown_format: "This file is neither an image nor a PDF.",
      unsupported: "Files of this kind are not read. Save it as PNG, JPEG or PDF.", empty: "The file is empty.", unreadable: "The file is damaged or cut off. Save it again.",
      several_frames: "Animations are not read. Save one picture of it.", too_small: "The picture is too small.", too_slow: "This took too long. Send a smaller picture.",
      not_installed: "This server cannot write searchable PDFs.", no_token: "The token is wrong.", encrypted: "The password is wrong.", other: "This did not work",
    },
  },
});

const FORMATS = { text: ".txt", pdf: ".searchable.pdf", markdown: ".md", json: ".json", tsv: ".tsv", hocr: ".hocr", alto: ".alto.xml", page: ".page.xml" };
const MOST_WAITS = 20;

const $ = (id) => document.getElementById(id);
let token = "";
let reading = null; // the document at hand
let tell = null; // says the status again, in whichever language

class Problem extends Error {
  constructor(code, detail, retryAfter) {
    super(detail);
    Object.assign(this, { code, retryAfter });
  }
}

// --- The service

const send = async (path, options, document_, signal) => {
  const form = new FormData();
  form.append("file", document_.file, document_.name);
  if (document_.password) form.append("password", document_.password);
  const query = new URLSearchParams(options);
  for (let turn = 0; ; turn += 1) {
    let answer;
    try {
      answer = await fetch(`${path}?${query}`, { method: "POST", body: form, signal, headers: token ? { Authorization: `Bearer ${token}` } : {} });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem("network", "");
    }
    if (answer.ok) return answer;
    const { code, detail } = await answer.json().catch(() => ({ code: "other", detail: `HTTP ${answer.status}` }));
    if (code !== "busy" || turn === MOST_WAITS) throw new Problem(code, detail);
    status("waiting");
    await waited(1000 * (Number(answer.headers.get("Retry-After")) || 2), signal);
  }
};

/** Wait, unless somebody stops it. */
const waited = (milliseconds, signal) => new Promise((later, stop) => {
  if (signal.aborted) stop(new DOMException("", "AbortError"));
  const timer = setTimeout(later, milliseconds);
  signal.addEventListener("abort", () => { clearTimeout(timer); stop(new DOMException("", "AbortError")); }, { once: true });
});

const readPage = async (document_, number, signal) => {
  const options = { format: "json", pages: number, characters: true, ...(document_.force ? { force: true } : {}) };
  return (await send("/v1/read", options, document_, signal)).json();
};

/** The address of a page's picture: the file itself where the browser can draw it, or else what the service draws. */
const pictureOf = async (document_, number) => {
  const known = document_.pictures.get(number);
  if (known) return known;
  let address = "";
  if (document_.numPages === 1 && document_.file.type !== "application/pdf") {
    address = URL.createObjectURL(document_.file);
    const probe = new Image();
    probe.src = address;
    await probe.decode().catch(() => { URL.revokeObjectURL(address); address = ""; });
  }
  if (!address) {
    const answer = await send("/v1/picture", { page: number }, document_, document_.viewStopper.signal);
    address = URL.createObjectURL(await answer.blob());
  }
  document_.pictures.set(number, address);
  return address;
};

// --- A document from its file to its last page

const open = async (file) => {
  forget();
  reading = {
    file, name: file.name || "picture.png", password: "", force: false, numPages: 1, pages: new Map(), pictures: new Map(),
    shown: 1, chosen: -1, stopper: new AbortController(), viewStopper: new AbortController(), numWorking: 0, whole: null,
  };
  $("start").hidden = true;
  $("asking").hidden = true;
  $("result").hidden = false;
  $("document-name").textContent = reading.name;
  document.title = `${reading.name} – hunmin`;
  await readAll(reading);
};

/** Do something with a document, and `again` where it failed and is wanted once more. Stop ends all that is under way. */
const work = async (document_, act, again) => {
  if (document_.stopper.signal.aborted) document_.stopper = new AbortController();
  const { stopper } = document_;
  document_.numWorking += 1;
  busy(true);
  hideProblem();
  try {
    await act(stopper.signal);
  } catch (error) {
    if (document_ !== reading || stopper !== document_.stopper) return;
    if (error.name === "AbortError") status("stopped", document_.pages.size, document_.numPages);
    else failed(error, again);
  } finally {
    document_.numWorking -= 1;
    if (document_ === reading) busy(document_.numWorking > 0);
  }
};

const readAll = async (document_, again = () => readAll(document_)) => {
  const readPages = async (signal) => {
    for (let number = 1; number <= document_.numPages; number += 1) {
      signal.throwIfAborted();
      if (document_.pages.has(number)) continue;
      if (document_.numPages > 1) status("readingPage", number, document_.numPages);
      else status("reading");
      const read = await readPage(document_, number, signal);
      if (document_ !== reading) return;
      signal.throwIfAborted();
      document_.numPages = read.num_pages;
      document_.pages.set(number, read.pages[0]);
      busy(true);
      if (number === document_.shown) await showPage(number);
    }
    signal.throwIfAborted();
    status("done", countLines(document_), document_.pages.size);
  };
  const whole = work(document_, readPages, again);
  document_.whole = whole;
  await whole;
  if (document_.whole === whole) document_.whole = null;
};

const countLines = (document_) => [...document_.pages.values()].reduce((sum, page) => sum + page.lines.filter((line) => line.text).length, 0);

const textOf = (document_) =>
  [...document_.pages.entries()].sort(([one], [other]) => one - other)
    .map(([, page]) => page.lines.filter((line) => line.text).map((line) => `${textOfLine(line)}\n`).join("")).join("\n");

const forget = () => {
  if (!reading) return;
  reading.stopper.abort();
  reading.viewStopper.abort();
  for (const address of reading.pictures.values()) URL.revokeObjectURL(address);
  reading = null;
  sheet.clear();
  $("lines").replaceChildren();
  for (const id of ["layer", "nothing", "pages", "next-doubt", "only-text"]) $(id).hidden = true;
  $("doubts").textContent = "";
  hideProblem();
};

const startAgain = () => {
  forget();
  $("result").hidden = true;
  $("start").hidden = false;
  $("asking").hidden = true;
  document.title = "hunmin";
  $("choose").focus();
};

// --- Showing a page

const sheet = makeSheet($("sheet"), { onChoose: (index) => chooseLine(index, true), onNear: (index) => nearLine(index) });

const showPage = async (number) => {
  const document_ = reading, page = document_.pages.get(number);
  document_.shown = number;
  document_.chosen = -1;
  $("pages").hidden = document_.numPages < 2;
  $("page-number").textContent = say("page", number, document_.numPages);
  $("previous").disabled = number === 1;
  $("next").disabled = number === document_.numPages;
  $("layer").hidden = !page?.from_text_layer;
  $("nothing").hidden = !page || page.lines.length > 0;
  $("nothing").textContent = page?.error ? say("problems")[page.error.code] ?? page.error.message : say("nothing");
  $("lines").setAttribute("aria-label", say("lines", number));
  $("lines").replaceChildren(...(page ? page.lines.map(lineElement) : []));
  showDoubts();
  if (!page || page.error || !document_.pictures.has(number)) sheet.clear();
  if (!page || page.error) return;
  try {
    const address = await pictureOf(document_, number);
    if (document_ === reading && document_.shown === number) {
      sheet.show(page, address);
      sheet.whenLoaded(() => document_ === reading && document_.chosen >= 0 && showLoupe(document_.chosen));
    }
  } catch (error) {
    if (document_ === reading && error.name !== "AbortError") failed(error, () => showPage(number));
  }
};

const percent = (share) => Math.round(100 * share);

/** The text of a line; characters in doubt stand in elements of their own. */
const textElements = (line) => {
  const marks = marked(line);
  if (!marks.size) return [document.createTextNode(line.text)];
  return line.characters.map((one) => {
    if (!marks.has(one)) return document.createTextNode(one.text);
    const shown = document.createElement("span");
    shown.className = one.chosen ? "doubt mended" : line.isSettled ? "" : "doubt";
    shown.textContent = one.chosen ?? one.text;
    shown.title = [say("sure", percent(one.confidence)), ...alternatives(one)].join(" · ");
    return shown;
  });
};

const alternatives = (character) =>
  (character.alternatives ?? []).slice(0, 4).map(([other, share]) => `${other === " " ? "␣" : other} ${percent(share)} %`);

/** Take another reading of a character, or what was read. */
const take = (index, { character, text }) => {
  const from = character.chosen ?? character.text;
  if (text === character.text) delete character.chosen;
  else character.chosen = text;
  drawAnew(index);
  status("changed", shownAs(from), shownAs(text));
};

/** A line is right as it stands; on to the next one in doubt. */
const confirm = (index) => {
  lineAt(index).isSettled = true;
  drawAnew(index);
  status("kept");
  if ($("lines").querySelector("li.low")) goToNextDoubt();
};

/** A line as it was read, in doubt again. */
const undo = (index) => {
  lineAt(index).isSettled = false;
  for (const one of lineAt(index).characters ?? []) delete one.chosen;
  drawAnew(index);
};

const lineAt = (index) => reading.pages.get(reading.shown).lines[index];

const drawAnew = (index) => {
  const line = lineAt(index), before = $("lines").children[index];
  const hadFocus = before.contains(document.activeElement);
  before.replaceWith(lineElement(line, index));
  reading.chosen = -1;
  chooseLine(index, hadFocus);
  sheet.settle(index, line.isSettled);
  showDoubts();
  $("only-text").hidden = ![...reading.pages.values()].some((page) => page.lines.some((one) => textOfLine(one) !== one.text));
};

const chip = (label, key, press) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  const shown = document.createElement("kbd");
  shown.textContent = key;
  shown.setAttribute("aria-hidden", "true");
  button.append(shown, ...label);
  button.addEventListener("click", (event) => { event.stopPropagation(); press(); });
  return button;
};

/** Below a chosen line: what its doubtful characters may be instead, to be taken by a click or by its number. */
const choiceRow = (line, index) => {
  const row = document.createElement("span");
  row.className = "others";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", say("others"));
  const groups = new Map(); // of a character: what it is now, and what it may be, which stay on one row
  choicesOf(line).forEach((choice, at) => {
    const share = document.createElement("small");
    share.textContent = `${percent(choice.share)} %`;
    if (!groups.has(choice.character)) {
      const group = document.createElement("span");
      group.append(`${shownAs(choice.character.chosen ?? choice.character.text)} →`);
      groups.set(choice.character, group);
    }
    groups.get(choice.character).append(chip([choice.text === " " ? say("space") : choice.text, share], at + 1, () => take(index, choice)));
  });
  const acts = document.createElement("span");
  if (!line.isSettled) acts.append(chip([say("right")], "Enter", () => confirm(index)));
  if (isTouched(line)) acts.append(chip([say("asRead")], "Esc", () => undo(index)));
  row.append(...groups.values(), acts);
  return row;
};

const lineElement = (line, index) => {
  const item = document.createElement("li");
  item.tabIndex = index === 0 ? 0 : -1;
  if (line.text) {
    const isDoubtful = isInDoubt(line);
    item.classList.toggle("low", isDoubtful);
    const sure = document.createElement("span");
    sure.className = isDoubtful ? "sure low" : "sure";
    sure.textContent = `${percent(line.confidence)} %`;
    sure.setAttribute("aria-hidden", "true");
    item.append(sure, ...textElements(line));
    if (isDoubtful) item.append(unseen(say("doubtful", percent(line.confidence))));
    if (line.truncated) {
      const more = document.createElement("span");
      more.className = "more";
      more.textContent = ` ${say("more")}`;
      item.append(more);
    }
    if (isLow(line)) item.append(choiceRow(line, index));
  } else {
    item.className = "empty";
    item.textContent = say("empty");
  }
  item.addEventListener("click", () => { if (getSelection().isCollapsed) chooseLine(index, false); });
  item.addEventListener("focus", () => chooseLine(index, false));
  item.addEventListener("pointerenter", () => nearLine(index));
  item.addEventListener("pointerleave", () => nearLine(-1));
  return item;
};

const unseen = (text) => {
  const element = document.createElement("span");
  element.className = "unseen";
  element.textContent = text;
  return element;
};

const nearLine = (index) => {
  sheet.near(index);
  [...$("lines").children].forEach((item, at) => item.classList.toggle("near", at === index));
};

const chooseLine = (index, moves) => {
  const items = [...$("lines").children];
  if (!items[index]) return;
  const isNew = reading.chosen !== index;
  reading.chosen = index;
  items.forEach((item, at) => {
    item.tabIndex = at === index ? 0 : -1;
    item.classList.toggle("chosen", at === index);
    if (at === index) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
  if (isNew) showLoupe(index);
  sheet.choose(index);
  if (moves) items[index].focus();
};

/** The chosen line's own part of the picture, upright, above its text. */
const showLoupe = (index) => {
  for (const canvas of $("lines").querySelectorAll("canvas")) canvas.remove();
  const item = $("lines").children[index];
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  if (item && sheet.drawLine(reading.pages.get(reading.shown).lines[index], canvas, item.clientWidth - 36)) item.prepend(canvas);
};

const showDoubts = () => {
  const page = reading?.pages.get(reading.shown);
  const number = $("lines").querySelectorAll("li.low").length;
  $("doubts").textContent = page && page.lines.length ? (number ? say("doubts", number) : say("noDoubts")) : "";
  $("next-doubt").hidden = number === 0;
};

const goToNextDoubt = () => {
  const items = [...$("lines").children];
  const doubtful = items.map((item, index) => (item.classList.contains("low") ? index : -1)).filter((index) => index >= 0);
  if (doubtful.length) chooseLine(doubtful.find((index) => index > reading.chosen) ?? doubtful[0], true);
};

// --- What is told

const status = (key, ...values) => {
  tell = () => { $("status").textContent = say(key, ...values); };
  tell();
};

const busy = (isBusy) => {
  $("progress").hidden = !isBusy;
  $("stop").hidden = !isBusy;
  $("copy").disabled = !reading?.pages.size;
  $("download").disabled = !reading?.pages.size;
  $("columns").hidden = !reading?.pages.size;
};

const hideProblem = () => { $("problem").hidden = true; };

/** Problems that may be gone the next time; the others lie in the file. */
const PASSING = ["network", "busy", "no_room", "too_slow", "other", "defect"];

const failed = (error, again) => {
  if (error.code === "no_token") return ask("token", token !== "", (value) => { token = value; }, again);
  if (error.code === "encrypted") return ask("password", reading.password !== "", (value) => { reading.password = value; }, again);
  $("status").textContent = "";
  tell = () => { $("problem-text").textContent = say("problems")[error.code] ?? `${say("problems").other}: ${error.message}`; };
  tell();
  const isPassing = !error.code || PASSING.includes(error.code);
  $("problem").hidden = false;
  $("again").hidden = !isPassing;
  $("other").hidden = isPassing;
  $("again").onclick = () => { hideProblem(); again(); };
  if (reading && !reading.pages.size) (isPassing ? $("again") : $("other")).focus();
  if (!error.code) console.error(error);
  return undefined;
};

/** Ask for the password of a PDF or the token of the service, and go on with it. */
const ask = (what, isWrong, keep, again) => {
  $("asking").hidden = false;
  $("result").hidden = true;
  tell = () => {
    $("secret-label").textContent = say(what);
    $("secret-problem").textContent = isWrong ? say("problems")[what === "token" ? "no_token" : "encrypted"] : "";
  };
  tell();
  $("secret-value").value = "";
  $("secret-value").focus();
  $("secret").onsubmit = (event) => {
    event.preventDefault();
    keep($("secret-value").value);
    $("asking").hidden = true;
    $("result").hidden = false;
    again();
  };
};

// --- Taking it away

const copyAll = async () => {
  const text = textOf(reading);
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not on a page that came without TLS from another machine
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  status("copied", countLines(reading));
};

const download = async (kind) => {
  openMenu(false);
  const document_ = reading;
  const name = `${document_.name.replace(/\.[^.]+$/, "") || document_.name}${FORMATS[kind]}`;
  const save = (content) => {
    if (document_ !== reading) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    status("saved", name);
  };
  if (kind === "text") { // what was corrected here is known here alone
    const isWhole = () => document_.pages.size === document_.numPages;
    const underWay = document_.stopper.signal.aborted ? null : document_.whole;
    if (!isWhole()) await (underWay ?? readAll(document_, () => download(kind)));
    if (isWhole()) save(new Blob([textOf(document_)], { type: "text/plain;charset=utf-8" }));
    return;
  }
  const fetchFile = async (signal) => {
    status("making", name);
    const options = { format: kind, ...(kind === "page" ? { pages: document_.shown } : {}), ...(document_.force ? { force: true } : {}) };
    save(await (await send("/v1/read", options, document_, signal)).blob());
  };
  await work(document_, fetchFile, () => download(kind));
};

const openMenu = (isOpen) => {
  $("formats").hidden = !isOpen;
  $("download").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("formats").querySelector("button").focus();
};

const makeMenu = () => {
  $("formats").replaceChildren(...Object.entries(FORMATS).map(([kind, suffix]) => {
    const button = document.createElement("button");
    button.type = "button";
    const ending = document.createElement("small");
    ending.textContent = suffix;
    button.append(say("formats")[kind], ending);
    button.addEventListener("click", () => download(kind));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
};

// --- The hands on it

const firstFile = (list) => [...(list ?? [])].find((file) => file.size > 0 || file.type);

$("choose").addEventListener("click", () => $("file").click());
$("photograph").addEventListener("click", () => $("camera").click());
for (const input of [$("file"), $("camera")]) {
  input.addEventListener("change", () => {
    const file = firstFile(input.files);
    input.value = "";
    if (file) open(file);
  });
}
$("another").addEventListener("click", startAgain);
$("other").addEventListener("click", startAgain);
$("stop").addEventListener("click", () => reading?.stopper.abort());
$("copy").addEventListener("click", copyAll);
$("download").addEventListener("click", () => openMenu($("formats").hidden));
$("next-doubt").addEventListener("click", goToNextDoubt);
$("previous").addEventListener("click", () => showPage(reading.shown - 1));
$("next").addEventListener("click", () => showPage(reading.shown + 1));
$("force").addEventListener("click", () => {
  reading.stopper.abort();
  reading.force = true;
  reading.pages.clear();
  $("only-text").hidden = true;
  readAll(reading);
});
const zoom = (steps) => {
  const { isLeast, isMost } = sheet.zoomBy(steps);
  $("smaller").disabled = isLeast;
  $("larger").disabled = isMost;
};
$("smaller").addEventListener("click", () => zoom(-1));
$("larger").addEventListener("click", () => zoom(1));
zoom(0);

$("lines").addEventListener("keydown", (event) => {
  const line = lineAt(reading.chosen);
  if (line && isLow(line) && !event.altKey && !event.ctrlKey && !event.metaKey && !event.isComposing) {
    const choice = /^[1-9]$/.test(event.key) ? choicesOf(line)[Number(event.key) - 1] : undefined;
    const act = choice ? () => take(reading.chosen, choice)
      : event.key === "Enter" && !event.target.closest("button") && !line.isSettled ? () => confirm(reading.chosen)
      : event.key === "Escape" && isTouched(line) ? () => undo(reading.chosen) : null;
    if (act) {
      event.preventDefault();
      return act();
    }
  }
  const last = $("lines").children.length - 1;
  const to = { ArrowDown: reading.chosen + 1, ArrowUp: reading.chosen - 1, Home: 0, End: last }[event.key];
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  return chooseLine(Math.min(Math.max(to, 0), last), true);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("formats").hidden) {
    openMenu(false);
    $("download").focus();
  }
});
document.addEventListener("click", (event) => { if (!event.target.closest(".menu")) openMenu(false); });
document.addEventListener("paste", (event) => {
  const file = firstFile(event.clipboardData?.files);
  if (file) { event.preventDefault(); open(file); }
});
let inside = 0;
document.addEventListener("dragenter", (event) => {
  if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
  inside += 1;
  $("over").hidden = false;
});
document.addEventListener("dragleave", () => {
  inside = Math.max(0, inside - 1);
  $("over").hidden = inside === 0;
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  inside = 0;
  $("over").hidden = true;
  const file = firstFile(event.dataTransfer?.files);
  if (file) open(file);
});

start(() => {
  makeMenu();
  if (!reading) return;
  const chosen = reading.chosen;
  if (reading.pages.has(reading.shown)) showPage(reading.shown).then(() => chosen >= 0 && chooseLine(chosen, false));
  tell?.();
});
