// Lines to correct, the most doubtful first; everything said is on the server's disk before the next line comes.

import { changes, letterChanges } from "./hangul.js";
import { SURE_FROM } from "./sheet.js";
import { makeWords } from "./words.js";

const { say, start } = makeWords({
  ko: {
    name: "이름", token: "이 서비스는 토큰을 묻습니다. 토큰:", wrongToken: "토큰이 맞지 않습니다.", go: "계속", title: "줄 고치기", text: "줄의 글",
    confirm: "확정", skip: "건너뛰기", restore: "읽은 대로", look: "주변 보기", lines: "줄", onlyOpen: "남은 줄만",
    finished: "모두 마쳤습니다.", nextStep: "확정한 줄로 모델을 미세 조정하려면:",
    counts: (done, skipped, left) => `확정 ${done}줄${skipped ? `, 건너뜀 ${skipped}줄` : ""}, 남은 줄 ${left}`,
    reading: (pages) => `쪽을 읽는 중… ${pages}쪽`, page: (document_, page) => (page ? `${document_} · ${page}쪽` : document_),
    sure: (percent) => `확신도 ${percent} %`, saved: "저장됨", saving: "저장하는 중…", draft: "입력한 글 저장됨",
    overtaken: (by, text, state) => `그사이 ${by || "다른 사람"} 님이 이 줄을 ${state === "skipped" ? "건너뛰었습니다" : `‘${text}’(으)로 확정했습니다`}. 그래도 내 글로 하려면 다시 Enter를 누르세요.`,
    present: (by) => `${by || "다른 사람"} 님이 보고 있는 줄`, missing: "없음 → ", extra: " → 없음", space: "띄어쓰기",
    unread: (number) => `읽지 못한 파일 ${number}개`, replace: (number, before, after) => `${number}번: ${before}을(를) ${after}(으)로`,
    states: { open: "남음", draft: "입력 중", confirmed: "확정", skipped: "건너뜀" }, nothing: "(읽은 글 없음)",
    network: "서버에 닿지 않습니다. 이 줄은 아직 저장되지 않았습니다. 켜져 있는지 보고 다시 Enter를 누르세요.", no_room: "서버의 디스크가 가득 찼습니다. 이 줄은 저장되지 않았습니다.",
    empty: "빈 줄은 확정할 수 없습니다. 글이 없는 줄이면 건너뛰세요.", no_picture: "그림을 불러오지 못했습니다.", other: "저장하지 못했습니다",
  },
  en: {
    name: "Name", token: "This service asks for a token:", wrongToken: "The token is wrong.", go: "Continue", title: "Correct lines", text: "Text of the line",
    confirm: "Confirm", skip: "Skip", restore: "As read", look: "Show around", lines: "Lines", onlyOpen: "Only open ones",
    finished: "All done.", nextStep: "To fine-tune the model on the confirmed lines:",
    counts: (done, skipped, left) => `${done} confirmed${skipped ? `, ${skipped} skipped` : ""}, ${left} left`,
    reading: (pages) => `Reading pages… ${pages}`, page: (document_, page) => (page ? `${document_} · page ${page}` : document_),
    sure: (percent) => `${percent} % sure`, saved: "Saved", saving: "Saving…", draft: "Saved as typed",
    overtaken: (by, text, state) => `Meanwhile ${by || "somebody else"} ${state === "skipped" ? "skipped this line" : `confirmed “${text}”`}. Press Enter again if yours is to count.`,
    present: (by) => `${by || "somebody else"} is at this line`, missing: "nothing → ", extra: " → nothing", space: "space",
    unread: (number) => `${number} file${number === 1 ? "" : "s"} could not be read`, replace: (number, before, after) => `${number}: ${before} becomes ${after}`,
    states: { open: "open", draft: "typing", confirmed: "confirmed", skipped: "skipped" }, nothing: "(nothing read)",
    network: "The server cannot be reached. This line is not saved yet. See that it runs, and press Enter again.", no_room: "The server's disk is full. This line is not saved.",
    empty: "An empty line cannot be confirmed. Skip it if it holds no text.", no_picture: "The picture could not be loaded.", other: "It could not be saved",
  },
});

const POLL_MS = 2000, DRAFT_MS = 400, MOST_OTHERS = 9, LEAST_SHARE = 0.02, AROUND_LISTED = 60, KEPT_PICTURES = 40;

const $ = (id) => document.getElementById(id);
const who = crypto.getRandomValues(new Uint32Array(2)).join("-");
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* it lasts as long as the page */ } };
const kept = (key) => { try { return localStorage.getItem(key) ?? ""; } catch { return ""; } };

let token = "", lines = [], byId = new Map(), current = null, state = { sequence: 0, num_lines: 0, num_pages: 0, is_reading: true, problems: [] };
let present = {}, onlyOpen = true, looks = false, draftTimer = 0, saving = Promise.resolve();
const pictures = new Map();

class Problem extends Error {
  constructor(code, detail) { super(detail); this.code = code; }
}

// --- The server

const call = async (path, said) => {
  let answer;
  try {
    const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(said ? { "Content-Type": "application/json" } : {}) };
    answer = await fetch(path, { method: said ? "POST" : "GET", headers, body: said ? JSON.stringify(said) : undefined });
  } catch {
    throw new Problem("network", "");
  }
  if (answer.ok || answer.status === 409) return answer;
  const { code, detail } = await answer.json().catch(() => ({ code: "other", detail: `HTTP ${answer.status}` }));
  throw new Problem(code, detail);
};

const load = async () => {
  const { lines: found, tune, ...rest } = await (await call("/v1/lines")).json();
  $("command").textContent = tune;
  state = rest;
  lines = found;
  byId = new Map(lines.map((line) => [line.id, line]));
  if (current) current = byId.get(current.id) ?? null;
};

const poll = async () => {
  try {
    const at = current ? current.id : "";
    const query = new URLSearchParams({ since: state.sequence, who, at, by: $("by").value });
    const answer = await (await call(`/v1/changes?${query}`)).json();
    const { labels, present: others, ...rest } = answer;
    present = others;
    if (rest.num_lines !== lines.length) await load();
    else state = rest;
    for (const label of labels) takeUp(label);
    if (!current) show(nextOpen());
    showCounts();
    showQueue();
    if ($("problem").dataset.code === "network") hideProblem();
  } catch (error) {
    if (error.code !== "network") tellProblem(error);
  }
  setTimeout(poll, POLL_MS);
};

/** A label that somebody said, perhaps ourselves. */
const takeUp = (label) => {
  const line = byId.get(label.id);
  if (!line || label.sequence < line.label.sequence) return;
  const isNews = label.version !== line.label.version && label.id === current?.id && (label.state === "confirmed" || label.state === "skipped");
  line.label = label;
  if (isNews) tellOvertaken(label);
};

/** Say something of a line; true once it is on the server's disk. One after the other, so that versions follow each other. */
const tell = (line, what, text) => {
  const telling = saving.then(async () => {
    $("saved").textContent = say("saving");
    const said = { state: what, text, by: $("by").value.trim(), version: line.label.version };
    const answer = await call(`/v1/lines/${line.id}`, said);
    const { label } = await answer.json();
    line.label = label;
    if (answer.status === 409) {
      $("saved").textContent = "";
      if (line === current) tellOvertaken(label);
      return false;
    }
    $("saved").textContent = say(what === "draft" ? "draft" : "saved");
    hideProblem();
    return true;
  });
  saving = telling.catch(() => {});
  return telling;
};

const pictureOf = async (line) => {
  const known = pictures.get(line.id);
  if (known) return known;
  const loading = call(`/v1/lines/${line.id}/picture`).then((answer) => answer.blob()).then((blob) => URL.createObjectURL(blob));
  pictures.set(line.id, loading);
  loading.catch(() => pictures.delete(line.id));
  if (pictures.size > KEPT_PICTURES) {
    const [oldest, address] = pictures.entries().next().value;
    pictures.delete(oldest);
    address.then(URL.revokeObjectURL, () => {});
  }
  return loading;
};

// --- The line at hand

const isOpen = (line) => line.label.state === "open" || line.label.state === "draft";

const nextOpen = () => {
  const from = current ? lines.indexOf(current) + 1 : 0;
  const order = [...lines.slice(from), ...lines.slice(0, from)];
  return order.find((line) => isOpen(line) && line !== current && !(line.id in present)) ?? order.find((line) => isOpen(line) && line !== current) ?? null;
};

const listed = () => (onlyOpen ? lines.filter((line) => isOpen(line) || line === current) : lines);

const neighbour = (steps) => {
  const shown = listed();
  return shown[Math.min(Math.max(shown.indexOf(current) + steps, 0), shown.length - 1)] ?? null;
};

const show = (line) => {
  current = line;
  $("card").hidden = !line;
  $("overtaken").hidden = true;
  $("finished").hidden = !!line || state.is_reading || lines.length === 0;
  $("around").hidden = true;
  if (!line) return showQueue();
  $("text").value = line.label.state === "draft" || line.label.state === "confirmed" ? line.label.text : line.text;
  $("about").textContent = say("page", line.document, line.has_page ? line.page : 0);
  $("sure").textContent = line.label.state === "confirmed" || line.label.state === "skipped" ? say("states")[line.label.state] : say("sure", Math.round(100 * line.confidence));
  $("sure").classList.toggle("low", line.confidence < SURE_FROM);
  $("saved").textContent = "";
  $("look").hidden = !line.has_page;
  $("crop").removeAttribute("src");
  pictureOf(line).then((address) => { if (line === current) $("crop").src = address; }, tellNoPicture);
  if (looks) lookAround();
  showOthers();
  showDifference();
  fitText();
  showQueue();
  $("text").focus({ preventScroll: true });
  $("text").setSelectionRange($("text").value.length, $("text").value.length);
  const at = lines.indexOf(line);
  for (const soon of lines.slice(at + 1, at + 5)) if (isOpen(soon)) pictureOf(soon).catch(() => {});
  return undefined;
};

const go = async (line) => {
  if (await saveTyped(true) && line) show(line);
};

const typed = () => $("text").value.replace(/\s+/g, " ").trim().normalize("NFC");

/** Save what stands in the field; of a line that is done only when it is left. False where that failed, so that it stays there. */
const saveTyped = async (leaving) => {
  clearTimeout(draftTimer);
  draftTimer = 0;
  const line = current;
  if (!line || !(isOpen(line) || leaving)) return true;
  const text = $("text").value, { state: was } = line.label;
  const before = was === "draft" || was === "confirmed" ? line.label.text : line.text;
  if (text === before || (was === "confirmed" && !typed())) return true;
  const saved = tell(line, was === "confirmed" ? "confirmed" : "draft", was === "confirmed" ? typed() : text);
  return saved.catch((error) => { tellProblem(error); return false; });
};

const confirmLine = async () => {
  clearTimeout(draftTimer);
  const line = current, text = typed();
  if (!line) return;
  if (!text) return tellProblem(new Problem("empty", ""));
  try {
    if (await tell(line, "confirmed", text)) onward(line);
  } catch (error) {
    tellProblem(error);
  }
  return undefined;
};

const skipLine = async () => {
  clearTimeout(draftTimer);
  const line = current;
  if (!line) return;
  try {
    if (await tell(line, "skipped", "")) onward(line);
  } catch (error) {
    tellProblem(error);
  }
};

const onward = (line) => {
  showCounts();
  if (line === current) show(nextOpen());
};

/** What the doubtful characters may be instead, to be taken by number: `{at, before, after}`. */
const others = () => {
  const found = [];
  let at = 0;
  for (const one of current?.characters ?? []) {
    for (const [after, share] of one.alternatives ?? []) if (share >= LEAST_SHARE) found.push({ at, before: one.text, after, share });
    at += [...one.text].length;
  }
  const text = [...$("text").value];
  return found.filter((one) => text[one.at] === one.before).sort((one, other) => other.share - one.share).slice(0, MOST_OTHERS);
};

const visible = (character) => (character === " " ? "␣" : character);

const showOthers = () => {
  $("others").replaceChildren(...others().map((one, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    const key = document.createElement("kbd");
    key.textContent = index + 1;
    button.append(key, ` ${visible(one.before)} → ${visible(one.after)}`);
    button.setAttribute("aria-label", say("replace", index + 1, visible(one.before), visible(one.after)));
    button.addEventListener("click", () => take(index));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
};

const take = (index) => {
  const one = others()[index];
  if (!one) return;
  const text = [...$("text").value];
  text[one.at] = one.after;
  $("text").value = text.join("");
  onTyped();
  $("text").focus();
};

const showDifference = () => {
  const told = current ? changes(current.text, typed()).map(({ before, after }) => {
    if (!before) return `+ ${visible(after)}`;
    if (!after) return `− ${visible(before)}`;
    const letters = letterChanges(before, after);
    return `${visible(before)} → ${visible(after)}${letters.length ? ` (${letters.join(", ")})` : ""}`;
  }) : [];
  $("difference").textContent = told.slice(0, 8).join("   ") + (told.length > 8 ? " …" : "");
};

const fitText = () => {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`;
};

const onTyped = () => {
  showOthers();
  showDifference();
  fitText();
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveTyped, DRAFT_MS, false);
};

const lookAround = async () => {
  const line = current;
  if (!line?.has_page) return;
  try {
    const address = URL.createObjectURL(await (await call(`/v1/lines/${line.id}/around`)).blob());
    if (line !== current || !looks) { URL.revokeObjectURL(address); return; }
    $("around").onload = () => URL.revokeObjectURL(address);
    $("around").src = address;
    $("around").hidden = false;
  } catch (error) {
    tellNoPicture(error);
  }
};

const toggleLook = () => {
  looks = !looks;
  $("look").setAttribute("aria-pressed", String(looks));
  if (looks) lookAround();
  else $("around").hidden = true;
  $("text").focus();
};

// --- What is told

const showCounts = () => {
  const of = (name) => lines.filter((line) => line.label.state === name).length;
  const done = of("confirmed"), skipped = of("skipped");
  $("counts").textContent = say("counts", done, skipped, lines.length - done - skipped);
  $("reading").textContent = state.is_reading ? say("reading", state.num_pages) : "";
  $("share").style.width = `${lines.length ? (100 * (done + skipped)) / lines.length : 0}%`;
  $("unread").hidden = state.problems.length === 0;
  $("unread-title").textContent = say("unread", state.problems.length);
  $("unread-list").replaceChildren(...state.problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })));
};

const showQueue = () => {
  const shown = listed(), at = Math.max(0, shown.indexOf(current));
  const from = Math.max(0, at - AROUND_LISTED / 3);
  $("queue").start = from + 1;
  $("queue").replaceChildren(...shown.slice(from, from + AROUND_LISTED).map((line) => {
    const item = document.createElement("li");
    const { label } = line;
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = line === current ? 0 : -1;
    button.textContent = (label.state === "draft" || label.state === "confirmed" ? label.text : line.text) || say("nothing");
    button.addEventListener("click", () => go(line));
    const mark = document.createElement("span");
    mark.className = `mark ${label.state}`;
    mark.textContent = { open: "", draft: "…", confirmed: "✓", skipped: "–" }[label.state];
    mark.title = say("states")[label.state];
    item.append(mark, button);
    if (line.id in present) {
      const person = document.createElement("span");
      person.className = "person";
      person.textContent = (present[line.id] || "?").slice(0, 1);
      person.title = say("present", present[line.id]);
      item.append(person);
    }
    if (line === current) { item.className = "chosen"; button.setAttribute("aria-current", "true"); }
    return item;
  }));
};

const tellOvertaken = (label) => {
  $("overtaken").textContent = say("overtaken", label.by, label.text, label.state);
  $("overtaken").hidden = false;
};

const tellProblem = (error) => {
  if (error.code === "no_token") return askToken();
  $("saved").textContent = "";
  $("problem").dataset.code = error.code ?? "";
  $("problem-text").textContent = ["network", "no_room", "empty", "no_picture"].includes(error.code) ? say(error.code) : `${say("other")}: ${error.message}`;
  $("problem").hidden = false;
  return undefined;
};

const tellNoPicture = (error) => tellProblem(error.code === "no_token" ? error : new Problem("no_picture", ""));

const hideProblem = () => { $("problem").hidden = true; };

const askToken = () => {
  if (!$("asking").hidden) return; // somebody types there
  $("asking").hidden = false;
  $("desk").hidden = true;
  $("secret-problem").textContent = token ? say("wrongToken") : "";
  $("secret-value").value = "";
  $("secret-value").focus();
};

// --- The hands on it

$("secret").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("secret-value").value;
  $("asking").hidden = true;
  begin();
});
$("by").value = kept("hunmin-name");
$("by").addEventListener("change", () => keep("hunmin-name", $("by").value.trim()));
$("text").addEventListener("input", onTyped);
$("confirm").addEventListener("click", confirmLine);
$("skip").addEventListener("click", skipLine);
const restore = () => { $("text").value = current?.text ?? ""; onTyped(); $("text").focus(); };
$("restore").addEventListener("click", restore);
$("look").addEventListener("click", toggleLook);
$("filter").addEventListener("click", () => {
  onlyOpen = !onlyOpen;
  $("filter").setAttribute("aria-pressed", String(onlyOpen));
  showQueue();
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // a syllable is still being put together
  const isText = event.target === $("text");
  if (event.altKey && /^Digit[0-9]$/.test(event.code)) {
    event.preventDefault();
    const number = Number(event.code.slice(5));
    if (number) take(number - 1);
    else skipLine();
  } else if (event.altKey && event.code === "KeyA") {
    event.preventDefault();
    toggleLook();
  } else if (isText && event.key === "Enter") {
    event.preventDefault();
    confirmLine();
  } else if (isText && event.key === "Escape") {
    restore();
  } else if ((isText || event.target.closest("#queue")) && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    go(neighbour(event.key === "ArrowDown" ? 1 : -1));
  }
});
window.addEventListener("beforeunload", () => { if (draftTimer) saveTyped(false); });

let polls = false;
const begin = async () => {
  try {
    await load();
  } catch (error) {
    if (error.code === "no_token") askToken();
    else { $("desk").hidden = false; $("card").hidden = true; tellProblem(error); setTimeout(begin, POLL_MS); }
    return;
  }
  $("asking").hidden = true;
  $("desk").hidden = false;
  hideProblem();
  show(nextOpen());
  showCounts();
  if (!polls) { polls = true; poll(); }
};

$("card").hidden = true;
start(() => { if (lines.length) { showCounts(); showQueue(); if (current) { showOthers(); $("about").textContent = say("page", current.document, current.has_page ? current.page : 0); } } });
begin();
