/** What a page of ours needs to carry a form back, and the names under which it comes in again. */
import type { Bytes } from "../bytes.ts";

export interface Carried {
  /** Where the form was going: an absolute URL. */
  readonly action: string;
  readonly deadline: string;
  readonly contents: Bytes;
  /** Called once, when the page is through or nobody takes it. */
  readonly done: () => void;
}

export const DEADLINE_FIELD = "shield-until";
export const CONTENTS_FIELD = "shield-form";
