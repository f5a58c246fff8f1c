/** Every word that people read, in Latvian and English. `{…}` is filled in by the page. */

import type { FaultCode } from "../request/facts.ts";
import type { AnswerKind } from "./answer.ts";

export type Language = "lv" | "en";

export interface PageTexts {
  /** Says the state first: it is read out before anything else. */
  readonly title: string;
  readonly body: readonly string[];
}

/** `unsent`: the challenge where it meets a form that was posted, which the page cannot carry on. */
type Kind = Exclude<AnswerKind, "fault"> | "unsent";

export const PAGES: Record<Language, Record<Kind, PageTexts>> = {
  lv: {
    challenge: {
      title: "Pārbaudām pārlūku",
      body: [
        "Pašlaik šim pakalpojumam ir neparasti daudz pieprasījumu, tāpēc jūsu pārlūks veic īsu automātisku pārbaudi.",
      ],
    },
    unsent: {
      title: "Veidlapa vēl nav nosūtīta",
      body: [
        "Pašlaik šim pakalpojumam ir neparasti daudz pieprasījumu, tāpēc vispirms jāpārbauda jūsu pārlūks. Pārlūks ierakstīto parasti saglabā.",
        "1. Atveriet pārbaudi jaunā cilnē un pagaidiet, līdz tā beidzas. 2. Atgriezieties šeit, nospiediet pārlūka pogu “Atpakaļ” un nosūtiet veidlapu vēlreiz.",
      ],
    },
    limit: {
      title: "Pārāk daudz pieprasījumu",
      body: [
        "No jūsu savienojuma īsā laikā saņemts pārāk daudz pieprasījumu. Uzgaidiet {seconds} sekundes un atveriet lapu vēlreiz.",
        "Ja aizpildījāt veidlapu, tā nav nosūtīta: atgriezieties ar pārlūka pogu “Atpakaļ” un nosūtiet to vēlreiz.",
      ],
    },
    block: {
      title: "Pieprasījums nav pieņemts",
      body: [
        "Šāda veida pieprasījumi šeit netiek pieņemti. Tas, ko nosūtījāt, nav saglabāts.",
        "Ja domājat, ka tā ir kļūda, zvaniet atbalsta dienestam un nosauciet zemāk redzamo kodu.",
      ],
    },
    wait: {
      title: "Uzgaidiet savu kārtu",
      body: [
        "Pašlaik pakalpojumu lieto vairāk cilvēku, nekā tas spēj apkalpot. Ārstu darbs tiek apkalpots vispirms.",
        "Lapa pati atvērsies vēlreiz pēc {seconds} sekundēm. Jums nekas nav jādara.",
      ],
    },
    closed: {
      title: "Šī lapa īslaicīgi nav pieejama",
      body: [
        "Pašlaik pakalpojumam ir neparasti liela slodze, un šī tā daļa uz laiku ir slēgta. Mēģiniet vēlreiz pēc {seconds} sekundēm.",
        "Ja aizpildījāt veidlapu, tā nav nosūtīta: atgriezieties ar pārlūka pogu “Atpakaļ”. Tehnisku traucējumu laikā recepti drīkst izrakstīt arī uz papīra.",
      ],
    },
  },
  en: {
    challenge: {
      title: "Checking your browser",
      body: ["This service has unusually many requests at the moment, so your browser makes a short automatic check."],
    },
    unsent: {
      title: "The form was not sent yet",
      body: [
        "This service has unusually many requests at the moment, so your browser must be checked first. Your browser normally keeps what you typed.",
        "1. Open the check in a new tab and wait until it is done. 2. Return here, press your browser's Back button and send the form again.",
      ],
    },
    limit: {
      title: "Too many requests",
      body: [
        "Too many requests came from your connection in a short time. Wait {seconds} seconds and open the page again.",
        "If you filled in a form, it was not sent: go back with your browser's Back button and send it again.",
      ],
    },
    block: {
      title: "Request not accepted",
      body: [
        "Requests of this kind are not accepted here. What you sent was not kept.",
        "If you think that this is a mistake, call support and read out the code below.",
      ],
    },
    wait: {
      title: "Please wait your turn",
      body: [
        "More people use the service than it can serve at the moment. Doctors' work is served first.",
        "This page opens again by itself in {seconds} seconds. You need not do anything.",
      ],
    },
    closed: {
      title: "This page is closed for a short time",
      body: [
        "The service is under unusually heavy load, and this part of it is closed for a while. Try again in {seconds} seconds.",
        "If you filled in a form, it was not sent: go back with your browser's Back button. During technical trouble a prescription may be written on paper.",
      ],
    },
  },
};

export const FAULTS: Record<Language, Record<FaultCode, PageTexts>> = {
  lv: {
    "url-too-long": { title: "Adrese ir pārāk gara", body: ["Šādu adresi serveris nepieņem."] },
    "cookie-too-long": {
      title: "Sīkdatnes ir pārāk lielas",
      body: ["Izdzēsiet šīs vietnes sīkdatnes un mēģiniet vēlreiz."],
    },
    "too-many-headers": { title: "Pieprasījums nav pieņemts", body: ["Pieprasījumā ir pārāk daudz galveņu."] },
    "malformed-path": { title: "Adrese nav derīga", body: ["Pārbaudiet adresi un mēģiniet vēlreiz."] },
    "unknown-host": { title: "Šādas vietnes šeit nav", body: ["Pārbaudiet adresi un mēģiniet vēlreiz."] },
    "body-too-large": { title: "Nosūtītais ir pārāk liels", body: ["Nosūtiet mazāku failu."] },
    "origin-unreachable": {
      title: "Veselības sistēma neatbild",
      body: [
        "Savienojums ar sistēmu pārtrūka. Ja kaut ko nosūtījāt, nav zināms, vai tas ir saņemts: pirms sūtāt vēlreiz, pārbaudiet sarakstā.",
      ],
    },
    "origin-timeout": {
      title: "Veselības sistēma neatbild laikā",
      body: [
        "Sistēma pārāk ilgi neatbildēja. Ja kaut ko nosūtījāt, nav zināms, vai tas ir saņemts: pirms sūtāt vēlreiz, pārbaudiet sarakstā.",
      ],
    },
    internal: { title: "Radās kļūda", body: ["Mēģiniet vēlreiz pēc brīža."] },
  },
  en: {
    "url-too-long": { title: "The address is too long", body: ["The server does not accept such an address."] },
    "cookie-too-long": { title: "Cookies are too large", body: ["Delete this site's cookies and try again."] },
    "too-many-headers": { title: "Request not accepted", body: ["The request has too many headers."] },
    "malformed-path": { title: "The address is not valid", body: ["Check the address and try again."] },
    "unknown-host": { title: "There is no such site here", body: ["Check the address and try again."] },
    "body-too-large": { title: "What you sent is too large", body: ["Send a smaller file."] },
    "origin-unreachable": {
      title: "The health system does not answer",
      body: [
        "The connection to the system broke. If you sent something, it is not known whether it arrived: look into the list before you send it again.",
      ],
    },
    "origin-timeout": {
      title: "The health system does not answer in time",
      body: [
        "The system took too long. If you sent something, it is not known whether it arrived: look into the list before you send it again.",
      ],
    },
    internal: { title: "Something went wrong", body: ["Try again in a moment."] },
  },
};

export const COMMON: Record<Language, { readonly support: string; readonly code: string; readonly phone: string }> = {
  lv: { support: "Ja vajadzīga palīdzība", code: "Atbalsta kods", phone: "Tālrunis" },
  en: { support: "If you need help", code: "Support code", phone: "Phone" },
};

/** What the challenge page's script shows while it works. */
export const CHALLENGE: Record<
  Language,
  {
    readonly working: string;
    readonly done: string;
    readonly failed: string;
    readonly noCookies: string;
    readonly failedTitle: string;
    readonly retry: string;
    readonly openCheck: string;
    readonly noScript: string;
    readonly progress: string;
  }
> = {
  lv: {
    working: "Notiek pārbaude. Tā ilgst dažas sekundes, jums nekas nav jādara.",
    done: "Pārbaude pabeigta. Atveram lapu.",
    failed: "Pārbaudi neizdevās pabeigt.",
    noCookies: "Pārbaudi nevar pabeigt, jo pārlūkā ir izslēgtas sīkdatnes. Ieslēdziet tās un mēģiniet vēlreiz.",
    failedTitle: "Ko darīt",
    retry: "Mēģināt vēlreiz",
    openCheck: "Atvērt pārbaudi jaunā cilnē",
    noScript:
      "Automātiskajai pārbaudei vajadzīgs JavaScript. Ieslēdziet to un atveriet lapu vēlreiz vai zvaniet atbalsta dienestam.",
    progress: "Pārbaudes gaita",
  },
  en: {
    working: "Checking. This takes a few seconds; you need not do anything.",
    done: "Check complete. Opening the page.",
    failed: "The check could not be completed.",
    noCookies:
      "The check cannot be completed because cookies are switched off in this browser. Switch them on and try again.",
    failedTitle: "What you can do",
    retry: "Try again",
    openCheck: "Open the check in a new tab",
    noScript: "The automatic check needs JavaScript. Switch it on and open the page again, or call support.",
    progress: "Progress of the check",
  },
};
