/**
 * XMLHttpRequest that takes a challenge. The page hears the events of one request: those of an attempt that met the shield
 * are kept from it, from the headers to the end, and the opening ones of the next attempt as well.
 */
import type { Helper } from "./client.ts";
import { isChallenge, isSafe, nextStep, type Step } from "./next-step.ts";

const EVENTS = ["readystatechange", "loadstart", "progress", "load", "loadend", "error", "abort", "timeout"] as const;
const UPLOAD_EVENTS = ["loadstart", "progress", "load", "loadend"] as const;

const UNSENT = 0;
const OPENED = 1;
const HEADERS_RECEIVED = 2;
const DONE = 4;

/** One request of the page, however often it is sent. */
interface Call {
  method: string;
  url: string;
  readonly credentials: readonly (string | null | undefined)[];
  headers: (readonly [name: string, value: string])[];
  body: XMLHttpRequestBodyInit | Document | null;
  /** What the page set; 0 is without end. Counted from `sentAt`, over all attempts. */
  timeoutMs: number;
  sentAt: number;
  spent: { readonly proofs: number; readonly waits: number };
  /** Whether this attempt has shown its headers. */
  judged: boolean;
  /** What must be done before the page hears more; null when it may hear everything. */
  held: Step | null;
  /** The state that the page is shown instead of the real one. */
  shown: number | null;
  /** Nothing more is done for it. */
  over: boolean;
  /** The page hears nothing at all. */
  mute: boolean;
}

export function helpedXhr(Native: typeof XMLHttpRequest, helper: Helper): typeof XMLHttpRequest {
  return class extends Native {
    /** Null while the page asks somebody else, or waits without letting others work. */
    #call: Call | null = null;
    #uploadSeen = false;

    constructor() {
      super();
      // The first to listen is the first to hear, before every `on…` of the page.
      for (const type of EVENTS) this.addEventListener(type, (event) => this.#hear(event));
    }

    /**
     * Looked at by pages that want to listen to it. Ours come first, and not sooner: listeners there make a browser ask other
     * origins for permission. The page hears of its first upload only: it cannot know that there is another.
     */
    override get upload(): XMLHttpRequestUpload {
      const upload = super.upload;
      if (this.#uploadSeen) return upload;
      this.#uploadSeen = true;
      const hear = (event: Event) => {
        const spent = this.#call?.spent;
        if (spent && spent.proofs + spent.waits > 0) event.stopImmediatePropagation();
      };
      for (const type of UPLOAD_EVENTS) upload.addEventListener(type, hear);
      return upload;
    }

    override get readyState(): number {
      return this.#call?.shown ?? super.readyState;
    }

    override get status(): number {
      return this.#call?.shown == null ? super.status : 0;
    }

    override open(...args: [method: string, url: string | URL, ...rest: unknown[]]): void {
      this.#call = null; // whatever was under way is forgotten, as `open` has it
      const [method, target, async = true, ...credentials] = args;
      super.open(...(args as Parameters<XMLHttpRequest["open"]>));
      if ((args.length > 2 && !async) || !helper.concerns(String(target))) return;
      const { href: url } = new URL(target, document.baseURI);
      this.#call = {
        method: String(method).toUpperCase(),
        url,
        credentials: credentials as Call["credentials"],
        headers: [],
        body: null,
        timeoutMs: 0,
        sentAt: 0,
        spent: { proofs: 0, waits: 0 },
        judged: false,
        held: null,
        shown: null,
        over: false,
        mute: false,
      };
    }

    override setRequestHeader(name: string, value: string): void {
      super.setRequestHeader(name, value);
      this.#call?.headers.push([name, value]);
    }

    override send(body: XMLHttpRequestBodyInit | Document | null = null): void {
      const call = this.#call;
      if (call && !call.held) {
        super.setRequestHeader(helper.mark, "1"); // throws when it was sent already
        call.body = copyOf(body);
        call.timeoutMs = this.timeout;
        call.sentAt = performance.now();
      }
      super.send(body);
    }

    override abort(): void {
      const call = this.#call;
      if (call?.held) this.#end(call, "abort", UNSENT);
      else super.abort();
    }

    #hear(event: Event): void {
      const call = this.#call;
      if (call?.mute) event.stopImmediatePropagation();
      if (!call || call.over) return;
      const state = super.readyState;
      if (!call.judged && state >= HEADERS_RECEIVED) this.#judge(call);
      if (call.held) {
        event.stopImmediatePropagation();
        if (event.type === "loadend") this.#proceed(call, call.held).catch(() => this.#deliver(call));
        return;
      }
      const again = call.spent.proofs + call.spent.waits > 0;
      if (again && state < HEADERS_RECEIVED) event.stopImmediatePropagation();
      if (state >= HEADERS_RECEIVED) call.shown = null;
      if (again && event.type === "loadend") this.timeout = call.timeoutMs;
    }

    #judge(call: Call): void {
      call.judged = true;
      const mitigated = super.getResponseHeader("Shield-Mitigated");
      const answered = { status: super.status, mitigated, retryAfter: super.getResponseHeader("Retry-After") };
      if (!helper.concerns(this.responseURL)) return;
      const step = nextStep(answered, call.method, call.spent);
      if (step.kind === "deliver") {
        if (call.spent.proofs > 0 && isChallenge(answered.status, mitigated)) helper.inVain();
        return;
      }
      call.held = step;
      call.shown = OPENED;
    }

    async #proceed(call: Call, step: Step): Promise<void> {
      const proved = step.kind === "wait" ? helper.pause(step.ms).then(() => true) : helper.prove();
      const late = () => helper.pause(this.#leftMs(call)).then(() => "late" as const);
      const outcome = await (call.timeoutMs > 0 ? Promise.race([proved, late()]) : proved);
      if (this.#call !== call || call.over) return; // aborted, or opened anew
      if (outcome === "late") this.#end(call, "timeout", DONE);
      else if (outcome) this.#sendAgain(call, step);
      else this.#deliver(call);
    }

    #sendAgain(call: Call, { kind }: Step): void {
      const { proofs, waits } = call.spent;
      call.spent = kind === "wait" ? { proofs, waits: waits + 1 } : { proofs: proofs + 1, waits };
      // As in client-fetch.ts: what the origin took is not sent twice, and what it took not is not lost.
      const redirected = this.responseURL !== call.url.split("#", 1)[0];
      if (redirected && !isSafe(call.method) && super.getResponseHeader("Shield-Unsent") === null) {
        call.method = "GET";
        call.url = this.responseURL;
        call.headers = call.headers.filter(([name]) => !/^content-/i.test(name));
        call.body = null;
      }
      call.held = null;
      call.judged = false;
      super.open(call.method, call.url, true, ...call.credentials);
      for (const [name, value] of call.headers) super.setRequestHeader(name, value);
      super.setRequestHeader(helper.mark, "1");
      if (call.timeoutMs > 0) this.timeout = this.#leftMs(call);
      super.send(call.body);
    }

    #leftMs({ timeoutMs, sentAt }: Call): number {
      return Math.max(1, timeoutMs - (performance.now() - sentAt));
    }

    /** What was held is the answer after all: it is still there. */
    #deliver(call: Call): void {
      call.over = true;
      call.held = null;
      call.shown = null;
      this.dispatchEvent(new Event("readystatechange"));
      this.dispatchEvent(new ProgressEvent("load"));
      this.dispatchEvent(new ProgressEvent("loadend"));
    }

    /** It ends without an answer, with the events that the page expects (XHR standard, request error steps). */
    #end(call: Call, type: "abort" | "timeout", finally_: number): void {
      call.over = true;
      call.held = null;
      call.mute = true;
      super.abort();
      super.open(call.method, call.url); // empties the response
      call.mute = false;
      call.shown = DONE;
      this.dispatchEvent(new Event("readystatechange"));
      this.dispatchEvent(new ProgressEvent(type));
      this.dispatchEvent(new ProgressEvent("loadend"));
      call.shown = finally_;
    }
  };
}

/** What the page may change after `send` is copied; strings and blobs never change. */
function copyOf(body: XMLHttpRequestBodyInit | Document | null): XMLHttpRequestBodyInit | Document | null {
  if (body instanceof FormData) {
    const copy = new FormData();
    body.forEach((value, name) => {
      copy.append(name, value);
    });
    return copy;
  }
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof ArrayBuffer) return body.slice(0);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  return body;
}
