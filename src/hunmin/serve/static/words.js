// The words of the pages in both languages, and which of them is shown.

const KEPT = "hunmin-language";

const chosen = () => {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "ko" || kept === "en") return kept;
  } catch { /* storage may be forbidden */ }
  return navigator.languages.some((one) => one.toLowerCase().startsWith("ko")) ? "ko" : "en";
};

/** What a page says: `say("key", value, …)`. A word is a text, or a function of the values. */
export const makeWords = (words) => {
  let language = chosen();
  const listeners = [];
  const say = (key, ...values) => {
    const word = words[language][key];
    return typeof word === "function" ? word(...values) : word ?? key;
  };
  const apply = () => {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
    for (const element of document.querySelectorAll("[data-a]")) {
      element.setAttribute("aria-label", say(element.dataset.a));
      element.title = say(element.dataset.a);
    }
    const button = document.getElementById("language");
    button.textContent = language === "ko" ? "English" : "한국어";
    button.lang = language === "ko" ? "en" : "ko";
    for (const listener of listeners) listener();
  };
  const start = (listener) => {
    listeners.push(listener);
    document.getElementById("language").addEventListener("click", () => {
      language = language === "ko" ? "en" : "ko";
      try { localStorage.setItem(KEPT, language); } catch { /* it lasts as long as the page */ }
      apply();
    });
    apply();
  };
  return { say, start, language: () => language };
};
