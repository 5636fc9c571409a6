// What of a line is in doubt, what else it may be, and what somebody chose. A line is as the service tells it; beside that it
// has `isSettled` once somebody said that it is right, and a character `chosen`, what stands in its place.

import { SURE_FROM } from "./sheet.js";

const MARKED_BELOW = 0.95;
const MOST_CHOICES = 9; // each has a digit

/** Whether a line was read in doubt. */
export const isLow = (line) => line.text !== "" && line.confidence < SURE_FROM;

/** Whether nobody has said since that it is right. */
export const isInDoubt = (line) => isLow(line) && !line.isSettled;

/** What a line says, with what was chosen in place of doubtful characters. */
export const textOfLine = (line) => (line.characters?.some((one) => one.chosen) ? line.characters.map((one) => one.chosen ?? one.text).join("") : line.text);

/** Which characters of a line are marked: those it is doubtful for, at least one of a line in doubt. */
export const marked = (line) => {
  const characters = line.characters ?? [];
  if (!isLow(line) || !characters.length) return new Set();
  const least = Math.min(...characters.map((one) => one.confidence));
  return new Set(characters.filter((one) => one.confidence <= Math.max(least, MARKED_BELOW)));
};

/** What the doubtful characters of a line may be instead: character, text and how likely, the first nine of a line. */
export const choicesOf = (line) =>
  [...marked(line)].flatMap((character) =>
    [[character.text, character.confidence], ...(character.alternatives ?? []).slice(0, 4)]
      .filter(([text]) => text !== (character.chosen ?? character.text)).map(([text, share]) => ({ character, text, share }))).slice(0, MOST_CHOICES);

/** A character as it can be seen. */
export const shownAs = (text) => (text === " " ? "␣" : text);

/** Whether somebody said anything of it. */
export const isTouched = (line) => line.isSettled || line.characters?.some((one) => one.chosen);
