import { describe, expect, it } from "vitest";
import { Admission } from "../../src/origin/admission.ts";
import { type Asking, admit, type Gate, type Room } from "../../src/origin/admit.ts";
import { Fairness } from "../../src/origin/fairness.ts";
import { Retries } from "../../src/origin/retries.ts";
import { SignIns } from "../../src/origin/sign-ins.ts";
import { compile } from "../../src/policy/compile.ts";
import { CLASS_OF_SERVICE, type Importance } from "../../src/policy/tables.ts";
import rules from "../../src/rules.ts";

const NOW = 1_800_000_000_000;
/** Buckets begin empty, and hold what two seconds bring. */
const BUCKETS_FULL_AFTER_MS = 3000;
const [site] = compile(rules).sites;
const route = site?.routes.at(-1);
if (!route) throw new Error("the rules have no route");

function gate(unitsPerSecond: number): Gate {
  const admission = new Admission(600);
  const each = unitsPerSecond / 4;
  admission.lease({ number: 1, perSecond: [each, each, each, each], forMs: 600_000 }, NOW);
  // No new isolate: in its first second and a half strangers wait for what was asked for.
  admission.take(0, Number.POSITIVE_INFINITY, NOW - 2000);
  return {
    admission,
    fairness: new Fairness(),
    retries: new Retries(),
    signIns: new SignIns(),
    waiting: 0,
    queued: [0, 0, 0, 0],
  };
}

function asking(lane: Asking["lane"], importance: Importance, different: Partial<Asking> = {}): Asking {
  if (!route) throw new Error("no route");
  return {
    decision: { serviceClass: CLASS_OF_SERVICE[lane][importance], route: { ...route, importance, cost: 1 } },
    lane,
    principal: lane === "unknown" ? null : "somebody",
    hasHadMuch: false,
    mayWaitToSignIn: () => false,
    request: "GET /app/prescriptions",
    gone: new AbortController().signal,
    ...different,
  };
}

/** Waiting takes no time, it only moves the clock. */
async function ask(at: Gate, who: Asking, from = NOW): Promise<{ readonly room: Room; readonly waitedMs: number }> {
  let now = from;
  const wait = async (ms: number): Promise<void> => {
    now += ms;
  };
  const room = await admit(at, who, wait, () => now);
  return { room, waitedMs: now - from };
}

it("a doctor waits up to two seconds; then what is critical goes all the same, and the rest does not", async () => {
  expect(await ask(gate(0), asking("clinician", "critical"))).toEqual({ room: "overdrawn", waitedMs: 2000 });
  expect(await ask(gate(0), asking("clinician", "high"))).toEqual({ room: "none", waitedMs: 2000 });
  expect(await ask(gate(0), asking("machine", "critical"))).toEqual({ room: "overdrawn", waitedMs: 2000 });
});

it("everybody else waits a moment, but not many at once: then residents and strangers learn that there is no room", async () => {
  for (const lane of ["resident", "cleared", "unknown"] as const) {
    expect(await ask(gate(0), asking(lane, "critical"))).toEqual({ room: "none", waitedMs: 500 });
    expect(await ask({ ...gate(0), waiting: 64 }, asking(lane, "critical"))).toEqual({ room: "none", waitedMs: 0 });
  }
});

it("several pages at once in an isolate of a quiet site all go, as soon as its lease allows", async () => {
  const at = gate(80);
  const all = await Promise.all(Array.from({ length: 40 }, () => ask(at, asking("unknown", "normal"))));
  expect(all.filter(({ room }) => room === "room")).toHaveLength(40);
  expect(at.waiting).toBe(0);
});

it("strangers wait for an isolate's first lease; where none comes, for the little that an isolate alone lets through", async () => {
  const fresh = (): Gate => ({ ...gate(0), admission: new Admission(600) });
  const { room, waitedMs } = await ask(fresh(), asking("unknown", "normal"));
  expect(room).toBe("room");
  expect(waitedMs).toBeGreaterThan(1500);
  expect(waitedMs).toBeLessThanOrEqual(2050);
  const at = fresh();
  let now = NOW;
  const wait = async (ms: number): Promise<void> => {
    now += ms;
    if (now === NOW + 200) at.admission.lease({ number: 1, perSecond: [0, 0, 0, 40], forMs: 5000 }, now);
  };
  expect(await admit(at, asking("unknown", "normal"), wait, () => now)).toBe("room");
  expect(now - NOW).toBeLessThanOrEqual(300);
});

it("nothing is done for a client that has gone, before or while she waits", async () => {
  const controller = new AbortController();
  controller.abort();
  expect(await ask(gate(400), asking("clinician", "critical", { gone: controller.signal }))).toEqual({
    room: "gone",
    waitedMs: 0,
  });
  const leaving = new AbortController();
  let now = NOW;
  const wait = async (ms: number): Promise<void> => {
    now += ms;
    if (now > NOW + 500) leaving.abort();
  };
  const room = await admit(gate(0), asking("clinician", "critical", { gone: leaving.signal }), wait, () => now);
  expect(room).toBe("gone");
});

it("retries of one principal beyond a tenth of its requests neither queue nor overdraw", async () => {
  const at = gate(0);
  const rooms: Room[] = [];
  for (let i = 0; i < 10; i++) {
    at.retries.noteFailed("somebody", "GET /app/prescriptions", NOW + i * 2100);
    rooms.push((await ask(at, asking("machine", "critical"), NOW + i * 2100)).room);
  }
  expect(rooms.slice(0, 3)).toEqual(["overdrawn", "overdrawn", "overdrawn"]);
  expect(rooms.slice(3).every((room) => room === "none")).toBe(true);
  // A colleague, and another request of the same principal, are not touched.
  expect((await ask(at, asking("machine", "critical", { principal: "else" }), NOW + 21_000)).room).toBe("overdrawn");
  expect((await ask(at, asking("machine", "critical", { request: "GET /other" }), NOW + 21_000)).room).toBe(
    "overdrawn",
  );
});

it("whoever had much takes what others leave: who reads finds room beside a farm that asks a thousand times a second", async () => {
  const at: Gate = { ...gate(80), waiting: 64 }; // nobody waits a moment
  const got = { farm: 0, reader: 0 };
  for (let ms = 0; ms < 20_000; ms += 10) {
    const farm = asking("cleared", "normal", { principal: null, hasHadMuch: true });
    for (let i = 0; i < 10; i++) if ((await ask(at, farm, NOW + ms)).room === "room") got.farm++;
    const reader = asking("cleared", "normal", { principal: null });
    if (ms % 100 === 0 && (await ask(at, reader, NOW + ms)).room === "room") got.reader++;
  }
  expect(got.reader).toBe(200);
  // The farm has what is left of their class, 20 units a second for both, and nothing of others.
  expect(got.farm).toBeGreaterThan(0);
  expect(got.farm).toBeLessThanOrEqual(20 * 20);
});

it("is fair in scarcity: one who asks for everything leaves others of her class their part", async () => {
  const at = gate(40);
  const got = { greedy: 0, modest: 0 };
  for (let ms = 0; ms < 20_000; ms += 10) {
    for (let i = 0; i < 10; i++)
      if (
        (await ask(at, asking("resident", "high", { principal: "greedy", request: `${i}` }), NOW + ms)).room === "room"
      )
        got.greedy++;
    if (ms % 50 === 0)
      if ((await ask(at, asking("resident", "high", { principal: "modest" }), NOW + ms)).room === "room") got.modest++;
  }
  // 40 units a second in all; 20 are wanted by the modest one.
  expect(got.modest / 20).toBeGreaterThan(8);
  expect(got.greedy / 20).toBeGreaterThan(8);
});

/** Time goes on to whoever wakes next. */
class Sleepers {
  now = NOW;
  #asleep: { readonly until: number; readonly wake: () => void }[] = [];

  readonly wait = (ms: number): Promise<void> =>
    new Promise((wake) => this.#asleep.push({ until: this.now + ms, wake }));

  async runUntil(end: number): Promise<void> {
    for (;;) {
      const next = Math.min(...this.#asleep.map(({ until }) => until));
      if (next > end) return;
      this.now = next;
      const awake = this.#asleep.filter(({ until }) => until === next);
      this.#asleep = this.#asleep.filter(({ until }) => until !== next);
      for (const { wake } of awake) {
        wake();
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      }
    }
  }
}

it("doctors who together ask for less than their share never wait for one another, whoever takes what they leave", async () => {
  const time = new Sleepers();
  const at = gate(0);
  at.admission.lease({ number: 2, perSecond: [60, 5, 5, 5], forMs: 600_000 }, NOW);
  const waits: number[] = [];
  let left = 0;
  const doctor = async (principal: string, everyMs: number): Promise<void> => {
    for (;;) {
      await time.wait(everyMs);
      const from = time.now;
      await admit(at, asking("clinician", "critical", { principal }), time.wait, () => time.now);
      if (from >= NOW + BUCKETS_FULL_AFTER_MS) waits.push(time.now - from);
    }
  };
  const crowd = async (who: Asking): Promise<void> => {
    for (;;) {
      await time.wait(5);
      void Promise.resolve(admit(at, who, time.wait, () => time.now)).then((room) => {
        if (room === "room") left++;
      });
    }
  };
  for (let n = 0; n < 10; n++) void doctor(`usual ${n}`, 500);
  for (let n = 0; n < 2; n++) void doctor(`busy ${n}`, 100);
  void crowd(asking("resident", "critical"));
  void crowd(asking("unknown", "critical"));
  await time.runUntil(NOW + 23_000);
  expect(waits.length).toBeGreaterThanOrEqual(20 * 39);
  expect(Math.max(...waits)).toBe(0);
  // Nothing lies idle either: 20 units a second that doctors do not need, and 15 of the others.
  expect(left / 23).toBeGreaterThanOrEqual(30);
});

describe("two hundred systems that ask again as soon as they are answered, where there is room for sixty requests a second", () => {
  async function crowd(
    importance: Importance,
  ): Promise<{ readonly waits: readonly number[]; readonly served: number; readonly at: Gate }> {
    const time = new Sleepers();
    const at = gate(0);
    at.admission.lease({ number: 2, perSecond: [60, 0, 0, 0], forMs: 600_000 }, NOW);
    const waits: number[] = [];
    let served = 0;
    const system = async (principal: string): Promise<void> => {
      for (;;) {
        const room = await admit(at, asking("machine", "high", { principal, decision }), time.wait, () => time.now);
        if (room !== "none") served++;
        await time.wait(20);
      }
    };
    const doctor = async (): Promise<void> => {
      for (;;) {
        await time.wait(6000);
        const from = time.now;
        await admit(at, asking("clinician", "high", { principal: "doctor", decision }), time.wait, () => time.now);
        waits.push(time.now - from);
      }
    };
    const decision = {
      serviceClass: 0,
      route: { ...site?.routes.at(-1), importance, cost: 1 },
    } as Asking["decision"];
    for (let n = 0; n < 200; n++) void system(`system ${n}`);
    void doctor();
    await time.runUntil(NOW + 60_000);
    return { waits, served, at };
  }

  it.each(["high", "critical"] as const)(
    "leave a doctor room at once, all the room is used, and what they wait for counts as wanted: %s",
    async (importance) => {
      const { waits, served, at } = await crowd(importance);
      // At first nobody took more than she did.
      const [, ...later] = waits;
      expect(later.length).toBeGreaterThanOrEqual(8);
      expect(Math.max(...later)).toBeLessThanOrEqual(100);
      expect(served).toBeGreaterThanOrEqual(0.95 * 60 * 60);
      expect(at.queued[0]).toBeGreaterThan(30);
    },
  );
});

describe.each([
  ["who comes back from the identity provider", "return"],
  ["who hands in the form that starts her sign-in", "start"],
] as const)("%s while a flood takes all room that strangers have", (_, signIn) => {
  const SIGN_IN_UNITS = 5;
  /** An eighth of what an origin of 600 units a second has, and hardly a doctor at work. */
  const LEASE = { number: 2, perSecond: [30, 26, 11, 8], forMs: 600_000 } as const;
  const units = (cost: number): Asking["decision"] => {
    const { serviceClass, route } = asking("unknown", "critical").decision;
    return { serviceClass, route: { ...route, cost, signIn } };
  };

  const signingIn = (mayWaitToSignIn: () => boolean): Partial<Asking> => ({
    decision: units(SIGN_IN_UNITS),
    mayWaitToSignIn,
  });

  /** @param pages how many of the flood are for each that is dear and important */
  function besieged(pages = 11) {
    const time = new Sleepers();
    const at = gate(0);
    at.admission.lease(LEASE, NOW);
    const took = { flood: 0, waited: 0 };
    const come = async (who: Asking, wentAhead = () => false): Promise<Room> => {
      const room = await admit(at, who, time.wait, () => time.now);
      if (room === "room") took[wentAhead() ? "waited" : "flood"] += who.decision.route.cost;
      return room;
    };
    // Pages, and beginnings of sign-ins as well: as important as her return, and as dear.
    const flood = async (): Promise<void> => {
      for (let n = 0; ; n++) {
        const page = asking("unknown", "normal");
        void come(n % (pages + 1) === 0 ? asking("unknown", "critical", { decision: units(SIGN_IN_UNITS) }) : page);
        await time.wait(5);
      }
    };
    void flood();
    // Beyond the places that there are, who shows something stands among the flood.
    const comeToSignIn = (isVerified: boolean): Promise<Room> => {
      let wentAhead = false;
      const mayWait = () => {
        wentAhead = isVerified;
        return isVerified;
      };
      return come(asking("unknown", "critical", signingIn(mayWait)), () => wentAhead);
    };
    return { time, at, took, comeToSignIn };
  }

  it("finds room in the time that a doctor waits, if what she shows is verified; who makes it up stands among the flood", async () => {
    const { time, at, comeToSignIn } = besieged();
    await time.runUntil(NOW + 1000);
    const rooms: Record<"hers" | "madeUp", Room[]> = { hers: [], madeUp: [] };
    for (let n = 1; n <= 20; n++) {
      void comeToSignIn(true).then((room) => rooms.hers.push(room));
      void comeToSignIn(false).then((room) => rooms.madeUp.push(room));
      await time.runUntil(NOW + 1000 + n * 2500);
    }
    expect(rooms.hers).toEqual(Array.from({ length: 20 }, () => "room"));
    expect(rooms.madeUp.filter((room) => room === "room").length).toBeLessThan(10);
    expect(at.queued).toEqual([0, 0, 0, 0]);
  });

  it("takes nothing from doctors, and leaves who starts to sign in half of what strangers have, however many programs do the same", async () => {
    const { time, at, took, comeToSignIn } = besieged(0);
    const programs = async (): Promise<void> => {
      for (;;) {
        void comeToSignIn(true);
        await time.wait(10);
      }
    };
    void programs();
    const doctors: Room[] = [];
    const doctor = async (n: number): Promise<void> => {
      const who = asking("clinician", "critical", {
        principal: `doctor ${n}`,
        decision: { ...units(2), serviceClass: 0 },
      });
      doctors.push(await admit(at, who, time.wait, () => time.now));
    };
    for (let n = 1; n <= 40; n++) {
      void doctor(n);
      await time.runUntil(NOW + n * 500);
    }
    expect(doctors).toEqual(Array.from({ length: 40 }, () => "room"));
    expect(took.waited).toBeGreaterThan(0);
    expect(took.flood).toBeGreaterThanOrEqual(0.45 * (took.flood + took.waited));
    // All that was given was leased; what buckets held at first comes once.
    const leased = LEASE.perSecond.reduce((sum, rate) => sum + rate, 0) * 20;
    expect(took.flood + took.waited + 40 * 2).toBeLessThanOrEqual(leased + 150);
  });

  it("is not overdrawn for: where there is no room at all she is told so after as long as a doctor waits", async () => {
    expect(
      await ask(
        gate(0),
        asking(
          "unknown",
          "critical",
          signingIn(() => true),
        ),
      ),
    ).toEqual({
      room: "none",
      waitedMs: 2000,
    });
  });
});

describe("a flood that signs in", () => {
  const signingIn = (signIn: "start" | "return", mayWaitToSignIn: () => boolean): Asking => {
    const { serviceClass, route } = asking("unknown", "critical").decision;
    return asking("unknown", "critical", {
      decision: { serviceClass, route: { ...route, signIn } },
      mayWaitToSignIn,
    });
  };

  /** All at the same moment, where there is no room at all: how many of each waited for two seconds. */
  async function waitedLong(flood: readonly Asking[]): Promise<number> {
    const time = new Sleepers();
    const at = gate(0);
    let long = 0;
    for (const who of flood)
      void Promise.resolve(admit(at, who, time.wait, () => time.now)).then(() => {
        if (time.now - NOW === 2000) long++;
      });
    await time.runUntil(NOW + 5000);
    expect([at.waiting, at.queued]).toEqual([0, [0, 0, 0, 0]]);
    return long;
  }
  const times = (n: number, who: Asking): readonly Asking[] => Array.from({ length: n }, () => who);

  it("holds so many places and no more, and those who come back have half of them for themselves", async () => {
    const start = signingIn("start", () => true);
    const back = signingIn("return", () => true);
    expect(await waitedLong(times(1000, start))).toBe(32);
    expect(await waitedLong(times(1000, back))).toBe(64);
    expect(await waitedLong([...times(1000, start), ...times(1000, back)])).toBe(64);
  });

  it("spends nothing where there is room, where no place is left, or by whoever had much", async () => {
    let asked = 0;
    const start = signingIn("start", () => ++asked > 0);
    expect(await ask(gate(80), start)).toEqual({ room: "room", waitedMs: 0 });
    expect((await ask(gate(0), { ...start, hasHadMuch: true })).waitedMs).toBe(500);
    expect(asked).toBe(0);
    await waitedLong(times(1000, start));
    expect(asked).toBe(32);
  });
});
