/**
 * Properties are tried with the same examples each time, so that what passes here passes elsewhere too: a rare counterexample must
 * not turn up first where somebody else's change is judged. EXAMPLES=<a whole number> tries others.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.EXAMPLES ?? 2018) });
