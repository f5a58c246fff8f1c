/** English. */
import type { Texts } from "./texts.ts";

const PAPER = "If technical trouble keeps you from writing a prescription electronically, it may be written on paper.";

const CHECK_FIRST =
  "If you sent something, it is not certain whether it was received. Before you send it again, check whether the record exists already.";

export const english: Texts = {
  pages: {
    challenge: {
      title: "Checking your browser",
      body: [
        "This service has unusually many requests at the moment, so your browser must pass a short automatic check first.",
      ],
    },
    unsent: {
      title: "The form was not sent yet",
      body: [
        "This service has unusually many requests at the moment, so your browser must be checked first. What you sent has not been passed on yet.",
        "1. Open the check in a new tab and wait until it is done.",
        "2. Return here and reload this page: the browser asks whether to send it again, and you may confirm.",
        "The form is one step back (the Back button), but some of its fields may be empty.",
      ],
    },
    framed: {
      title: "Open this page in a window of its own",
      body: [
        "This page is shown inside a page of another site. This service has unusually many requests at the moment, so your browser must be checked first, and inside another site's page that cannot be done.",
      ],
    },
    limit: {
      title: "Too many requests",
      body: ["Too many requests came from your connection or account in a short time. Wait {wait} and try again."],
    },
    block: {
      title: "Request not accepted",
      body: [
        "Requests of this kind are not accepted here.",
        "If you think that this is a mistake, contact support and read out the support code of this page, if it shows one.",
      ],
    },
    wait: {
      title: "The service is overloaded, please wait",
      body: [
        "There are more requests at the moment than the service can handle. Doctors are served first.",
        "We cannot say exactly how long it will take. There is no queue: whoever asks when there is room is let in, and several attempts may be needed.",
      ],
    },
    queue: {
      title: "The service is overloaded: you are in the queue",
      body: [
        "There are more requests at the moment than the service can handle. Doctors are served first, everybody else in the order in which they came.",
      ],
    },
    closed: {
      title: "This page is not available for the time being",
      body: [
        "The service is overloaded at the moment or has technical trouble, so this page cannot be opened. Try again {after}.",
        PAPER,
      ],
    },
    off: {
      title: "This function is switched off for the time being",
      body: [
        "It is switched off so that more important work can go on. Everything else works as before. Try again {after}.",
      ],
    },
    static: {
      title: "Only the most important services work",
      body: [
        "The health system is very overloaded at the moment. So that doctors can go on working, the other pages are closed for the time being. Try again later.",
      ],
      sections: [
        {
          heading: "What works",
          items: [
            "Prescriptions and sick leaves, for doctors who are signed in already.",
            "Software of practices, hospitals and pharmacies that connects with a certificate or key of its own.",
          ],
        },
        { heading: "What does not work at the moment", items: ["The other pages of the portal, also for residents."] },
        {
          heading: "What to do",
          items: [
            `Doctors: ${PAPER.charAt(0).toLowerCase()}${PAPER.slice(1)} Enter it into the system when that works again.`,
            "Residents: if it is urgent, call your doctor. If a life is in danger, call 113.",
          ],
        },
      ],
    },
  },
  faults: {
    "url-too-long": {
      title: "The address is too long",
      body: ["The server does not accept such a long address. Open the page from the home page."],
    },
    "cookie-too-long": { title: "Cookies are too large", body: ["Delete this site's cookies and try again."] },
    "too-many-headers": {
      title: "The request has too many headers",
      body: ["Switch browser extensions off or use another browser, and try again."],
    },
    "malformed-path": { title: "The address is not valid", body: ["Check the address and try again."] },
    "unknown-host": { title: "There is no such site here", body: ["Check the name of the site in the address."] },
    "clock-skew": {
      title: "Your system's clock is wrong by more than five minutes; the right time is in Shield-Time",
      body: ["Set the clock of the system and sign the request anew."],
    },
    "body-too-large": { title: "What you sent is too large", body: ["Send a smaller file."] },
    "origin-unreachable": {
      title: "The health system is not answering",
      body: ["There is no connection to the health system at the moment. Try again in a little while."],
    },
    "origin-timeout": {
      title: "The health system is not answering in time",
      body: ["The health system took too long to answer. Try again in a little while."],
    },
    "already-sent": {
      title: "Already sent",
      body: [
        "This form was already sent at {time}. It was not sent a second time.",
        "Check whether the record exists. If it does not, the form is one step back (the Back button), and you can send it from there.",
      ],
    },
    "form-expired": {
      title: "The form can no longer be sent from here",
      body: [
        "This page kept what you entered for a limited time, and that has passed. What you entered was not sent now.",
        "The form is one step back (the Back button): check it and send it again from there.",
      ],
    },
    "form-foreign": {
      title: "The form cannot be sent from here",
      body: [
        "It was kept for another address, another person or another browser, or it did not arrive whole. It was not sent now.",
        "The form is one step back (the Back button): check it and send it again from there.",
      ],
    },
    internal: { title: "Something went wrong", body: ["The fault is on our side. Try again in a little while."] },
  },
  fates: {
    held: "What you sent has not been passed on yet. Reload this page later: the browser asks whether to send it again, and you may confirm. The form is one step back (the Back button), but some of its fields may be empty.",
    refused: "What you sent was not accepted and not kept. The form is one step back (the Back button).",
    uncertain: CHECK_FIRST,
  },
  signIn: {
    unfinished:
      "Your sign-in is not complete yet. Start it again: as you confirmed who you are just now, you may not have to do so twice.",
    link: "Start signing in again",
  },
  queue: {
    now: "It is your turn, but there is no room yet. The page opens as soon as there is.",
    in: "We expect your turn {after} or sooner.",
    unknown: "We cannot say yet how long it will take.",
    kept: "Your place is kept in this browser: you may close this page and open it again, and several tabs share one place. When it is your turn, the place waits for you for at least 10 more minutes.",
  },
  waiting: {
    byItself: "This page tries to open again by itself {after}.",
    now: "Try now",
    stay: "Do not reload",
    stays: "The page stays as it is. Choose “Try now” when you want.",
  },
  challenge: {
    working: "Checking. This takes a few seconds; you need not do anything.",
    done: "Check complete. Opening the page.",
    stay: "Check complete. If you asked for a file, it is being downloaded and you may go back. If not, the page is still on its way.",
    failed: "The check could not be completed.",
    again: "The check was completed twice, but the service still asks for it.",
    framed: "This page is shown inside a page of another site, where the check cannot be made.",
    noCookies:
      "The check cannot be completed because this browser keeps no cookies of this site. Allow them and try again.",
    failedTitle: "What you can do",
    failedAdvice: "Try again. If that does not help, contact support and read out the support code of this page.",
    retry: "Try again",
    openCheck: "Open the check in a new tab",
    openWindow: "Open in a new window",
    noScript: "The automatic check needs JavaScript, which is switched off in this browser.",
    progress: "Progress of the check",
  },
  resend: {
    byItself:
      "What you sent has not been passed on yet. It is kept on this page and is sent by itself as soon as the check is completed here.",
    byHand:
      "What you sent has not been passed on yet. It is kept on this page: leave the page open and press the button a little later.",
    inAnotherTab:
      "If the check does not begin on this page or cannot be completed, make it in a new tab. When it is done there, return to this page and press “Send again”.",
    send: "Send again",
    sending: "Sending.",
    expired:
      "The form can no longer be sent from this page. It is one step back (the Back button): check it and send it again from there.",
    back: {
      title: "Back to the form",
      body: ["The form is one step further back: press the Back button once more."],
    },
  },
  entry: {
    byItself: "You need not do anything: the page tries to open by itself {after}.",
    advice:
      "The page can also be opened without the check {after}; you can then do less at a time than after the check. If you call support, read out the support code and are let in, it can be opened at once.",
    link: "Open without the check",
  },
  help: { title: "If you need help", code: "Support code", phone: "Phone" },
  machine: {
    titles: {
      challenge: "A browser check is needed first.",
      limit: "Too many requests.",
      block: "Requests of this kind are not accepted.",
      wait: "The service is overloaded at the moment.",
      closed: "The service is not available for the time being.",
    },
    retry: "Try again {after}.",
    uncertain: "It is not known whether the request was received: check before sending it again.",
  },
  updated: ({ date, time }) => `Last update: ${date}, ${time}`,
  timeOfDay: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Riga" }),
  wait: ({ count, unit }) => `${count} ${unit}${count === 1 ? "" : "s"}`,
  after: ({ count, unit }) => `in ${count} ${unit}${count === 1 ? "" : "s"}`,
};
