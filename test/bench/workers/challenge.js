/** Each step of the challenge, so many times in one request: the difference between two numbers is what one costs. */
import { randomId } from "../../../src/bytes.ts";
import { search } from "../../../src/challenge/browser/search.ts";
import { issuePuzzle, verifyProof } from "../../../src/challenge/puzzle.ts";
import { issueTicket } from "../../../src/challenge/ticket.ts";
import { createSealer } from "../../../src/seal.ts";
import { codeFor, openingNumber } from "../../../src/support-code.ts";

const HOST = "portal.example.lv";
const TURNED = { verdict: "challenge", reason: "elevated", lane: "unknown", posture: "elevated", alone: false };
const random = () => crypto.getRandomValues(new Uint8Array(16));

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const rounds = Number(url.searchParams.get("rounds"));
    const sealer = await createSealer({ current: env.SHIELD_SECRET });
    const now = Date.now();
    const puzzle = await issuePuzzle(sealer, { difficulty: 200, host: HOST, network: "n" }, now, random());
    const answers = puzzle.hashes.map((hash, index) => search({ id: puzzle.id, index, hash, limit: 200 }));
    const proof = JSON.stringify({ challenge: puzzle.challenge, answers });
    const at = puzzle.challenge.length - 20;
    const letter = puzzle.challenge[at] === "A" ? "B" : "A";
    const forged = proof.replace(
      puzzle.challenge,
      puzzle.challenge.slice(0, at) + letter + puzzle.challenge.slice(at + 1),
    );
    const steps = {
      issue: () => issuePuzzle(sealer, { difficulty: 440_000, host: HOST, network: "n" }, now, random()),
      verify: () => verifyProof(sealer, proof, { host: HOST }, now),
      forged: () => verifyProof(sealer, forged, { host: HOST }, now),
      garbage: () => verifyProof(sealer, "x".repeat(4_000), { host: HOST }, now),
      ticket: () => {
        const [number] = crypto.getRandomValues(new Uint32Array(1));
        const supportCode = codeFor(sealer, TURNED, openingNumber(number), now);
        return issueTicket(sealer, { host: HOST, target: "/news?page=3", supportCode }, now, randomId());
      },
    };
    const step = steps[url.pathname.slice(1)];
    for (let round = 0; round < rounds; round++) await step();
    return new Response("done");
  },
};
