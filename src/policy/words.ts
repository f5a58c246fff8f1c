/** What the words of the rule language are made of (schema.ts). Kinds of proof are handed it, so that the Worker never loads it. */
import * as v from "valibot";
import { amongWords } from "./wrong-words.ts";

export { array, exactOptional, number, picklist, record } from "valibot";

/** An object that has these words and no others. */
export const only = <T extends v.ObjectEntries>(entries: T) => v.strictObject(entries, amongWords(entries));
/** One value or any of several. */
export const oneOf = <T extends v.GenericSchema>(item: T) => v.union([item, v.pipe(v.array(item), v.minLength(1))]);
export const text = v.pipe(v.string(), v.minLength(1));
