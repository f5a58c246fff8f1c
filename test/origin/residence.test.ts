import { expect, it } from "vitest";
import { RESIDENCE_MAX_MS, Residence } from "../../src/origin/residence.ts";

const NOW = 1_800_000_000_000;

function clocked() {
  let now = NOW;
  const residence = new Residence(() => now);
  return {
    residence,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it("counts the time of all who are there together, and who left", () => {
  const { residence, pass } = clocked();
  const first = residence.enter();
  pass(40);
  const second = residence.enter();
  pass(60);
  first();
  pass(40);
  second();
  expect(residence.collect()).toEqual({ ms: 200, left: 2 });
  pass(1000);
  expect(residence.collect()).toEqual({ ms: 0, left: 0 });
});

it("counts who never comes back while he is missed", () => {
  const { residence, pass } = clocked();
  residence.enter();
  pass(1000);
  expect(residence.collect()).toEqual({ ms: 1000, left: 0 });
  pass(1000);
  expect(residence.collect()).toEqual({ ms: 1000, left: 0 });
});

it("looks at nobody for longer than some seconds: what is stuck does not hide that others come and go again", () => {
  const { residence, pass } = clocked();
  const stuck = Array.from({ length: 100 }, () => residence.enter());
  pass(RESIDENCE_MAX_MS + 500);
  expect(residence.collect()).toEqual({ ms: 100 * RESIDENCE_MAX_MS, left: 100 });
  const quick = residence.enter();
  pass(20);
  quick();
  for (const leave of stuck) leave();
  expect(residence.collect()).toEqual({ ms: 20, left: 1 });
});
