// What two readings of a line differ in, down to the letters of a syllable.

const FIRST = 0xac00, SYLLABLES = 11172;
const CHO = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const JUNG = [..."ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"];
const JONG = ["", ..."ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"];

/** The letters of a syllable, `["ㅎ", "ㅏ", "ㄴ"]`; null for what is none. */
export const lettersOf = (character) => {
  const index = character.codePointAt(0) - FIRST;
  if (index < 0 || index >= SYLLABLES) return null;
  return [CHO[Math.floor(index / 588)], JUNG[Math.floor(index / 28) % 21], JONG[index % 28]];
};

/** In which letters two syllables differ, `["ㅓ → ㅣ"]`; none where one of them is no syllable. */
export const letterChanges = (before, after) => {
  const [one, other] = [lettersOf(before), lettersOf(after)];
  if (!one || !other) return [];
  return one.map((letter, at) => (letter === other[at] ? "" : `${letter || "∅"} → ${other[at] || "∅"}`)).filter(Boolean);
};

/** The edits that make one text the other, `{before, after}` with one of them empty for a character more or less. */
export const changes = (from, to) => {
  const [one, other] = [[...from], [...to]];
  const cost = Array.from({ length: one.length + 1 }, (_, row) => {
    const line = new Uint16Array(other.length + 1);
    line[0] = row;
    return line;
  });
  for (let column = 0; column <= other.length; column += 1) cost[0][column] = column;
  for (let row = 1; row <= one.length; row += 1) {
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      cost[row][column] = Math.min(cost[row - 1][column - 1] + same, cost[row - 1][column] + 1, cost[row][column - 1] + 1);
    }
  }
  const found = [];
  let row = one.length, column = other.length;
  while (row || column) {
    const same = row && column && one[row - 1] === other[column - 1] ? 0 : 1;
    if (row && column && cost[row][column] === cost[row - 1][column - 1] + same) {
      row -= 1; column -= 1;
      if (same) found.push({ before: one[row], after: other[column] });
    } else if (row && cost[row][column] === cost[row - 1][column] + 1) {
      row -= 1;
      found.push({ before: one[row], after: "" });
    } else {
      column -= 1;
      found.push({ before: "", after: other[column] });
    }
  }
  return found.reverse();
};
