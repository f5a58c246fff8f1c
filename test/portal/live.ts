/** Answers that last: server-sent events and a WebSocket. */
import { plain, type Visit } from "./visit.ts";

const EVENTS = 5;
const EVENT_EVERY_MS = 200;

/** One event each 200 ms, five in all; nobody listens, nothing runs. */
export function events(): Response {
  let sent = 0;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await scheduler.wait(EVENT_EVERY_MS);
      sent += 1;
      controller.enqueue(encoder.encode(`id: ${sent}\nevent: notice\ndata: {"number":${sent}}\n\n`));
      if (sent === EVENTS) controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}

/** Says back what it hears. */
export function socket({ request }: Visit): Response {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") return plain("Upgrade: websocket", 426);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  server.addEventListener("close", ({ code }) => server.close(code === 1005 ? 1000 : code));
  return new Response(null, { status: 101, webSocket: client });
}
