/** What came of asking the origin. */
import type { Fault } from "../request/facts.ts";

export type OriginAnswer =
  | { readonly kind: "response"; readonly response: Response }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "gone" };

/** 500 is what a faulty request does to a faulty page: anybody may cause it, so it must not throttle the site. */
export function isOverload(status: number): boolean {
  return (status >= 502 && status <= 504) || (status >= 520 && status <= 527) || status === 530;
}
