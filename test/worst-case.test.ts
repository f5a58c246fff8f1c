import { expect, it } from "vitest";
import type { Env } from "../src/env.ts";
import { shield } from "../src/shield.ts";

it("the shield never rejects, not even when it cannot begin", async () => {
  const env = {
    get SHIELD_SECRET(): string {
      throw new Error("no such binding");
    },
  } as unknown as Env;
  const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined } as unknown as ExecutionContext;
  const answer = await shield(new Request("https://portal.example.lv/app/patients"), env, ctx);
  expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "10"]);
});
