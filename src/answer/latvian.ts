/** Latvian. Numbers ending in 1, but not in 11, take the singular. */
import type { Duration } from "./retry.ts";
import type { Texts } from "./texts.ts";

const singular = ({ count }: Duration) => count % 10 === 1 && count % 100 !== 11;

const PAPER = "Ja tehnisku traucējumu dēļ recepti nevar izrakstīt elektroniski, to drīkst izrakstīt uz papīra.";

const CHECK_FIRST =
  "Ja kaut ko nosūtījāt, nav droši zināms, vai tas ir saņemts. Pirms sūtāt vēlreiz, pārbaudiet, vai ieraksts jau nav izveidots.";

export const latvian: Texts = {
  pages: {
    challenge: {
      title: "Pārbaudām jūsu pārlūku",
      body: [
        "Pašlaik šim pakalpojumam ir neparasti daudz pieprasījumu, tāpēc jūsu pārlūkam vispirms jāiziet īsa automātiska pārbaude.",
      ],
    },
    unsent: {
      title: "Veidlapa vēl nav nosūtīta",
      body: [
        "Pašlaik šim pakalpojumam ir neparasti daudz pieprasījumu, tāpēc vispirms jāpārbauda jūsu pārlūks. Tas, ko nosūtījāt, vēl nav nodots tālāk.",
        "1. Atveriet pārbaudi jaunā cilnē un pagaidiet, līdz tā beidzas.",
        "2. Atgriezieties šeit un pārlādējiet šo lapu: pārlūks jautās, vai sūtīt vēlreiz, un jūs to varat apstiprināt.",
        "Veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”), bet daži tās lauki var būt tukši.",
      ],
    },
    framed: {
      title: "Atveriet šo lapu atsevišķā logā",
      body: [
        "Šī lapa ir ievietota citas vietnes lapā. Pašlaik šim pakalpojumam ir neparasti daudz pieprasījumu, tāpēc vispirms jāpārbauda jūsu pārlūks, bet citas vietnes lapā to izdarīt nevar.",
      ],
    },
    limit: {
      title: "Pārāk daudz pieprasījumu",
      body: [
        "No jūsu savienojuma vai konta īsā laikā saņemts pārāk daudz pieprasījumu. Uzgaidiet {wait} un mēģiniet vēlreiz.",
      ],
    },
    block: {
      title: "Pieprasījums nav pieņemts",
      body: [
        "Šāda veida pieprasījumi šeit netiek pieņemti.",
        "Ja domājat, ka tā ir kļūda, sazinieties ar atbalsta dienestu un nosauciet šīs lapas atbalsta kodu, ja tas redzams.",
      ],
    },
    wait: {
      title: "Pakalpojums ir pārslogots, lūdzu, uzgaidiet",
      body: [
        "Pašlaik pieprasījumu ir vairāk, nekā pakalpojums spēj apkalpot. Vispirms tiek apkalpoti ārsti.",
        "Cik ilgi būs jāgaida, precīzi pateikt nevaram. Rindas nav: lapu saņem tas, kurš to pieprasa brīdī, kad ir brīva vieta; var būt vajadzīgi vairāki mēģinājumi.",
      ],
    },
    queue: {
      title: "Pakalpojums ir pārslogots, jūs esat rindā",
      body: [
        "Pašlaik pieprasījumu ir vairāk, nekā pakalpojums spēj apkalpot. Vispirms tiek apkalpoti ārsti, pārējie – ierašanās secībā.",
      ],
    },
    closed: {
      title: "Šī lapa uz laiku nav pieejama",
      body: [
        "Pakalpojums pašlaik ir pārslogots vai tam ir tehniski traucējumi, tāpēc šo lapu nevar atvērt. Mēģiniet vēlreiz {after}.",
        PAPER,
      ],
    },
    off: {
      title: "Šī iespēja uz laiku ir izslēgta",
      body: ["Tā ir izslēgta, lai neapstātos svarīgāks darbs. Pārējais darbojas kā parasti. Mēģiniet vēlreiz {after}."],
    },
    static: {
      title: "Darbojas tikai svarīgākie pakalpojumi",
      body: [
        "Veselības sistēma pašlaik ir ļoti pārslogota. Lai ārstu darbs neapstātos, pārējās lapas uz laiku ir slēgtas. Mēģiniet vēlreiz vēlāk.",
      ],
      sections: [
        {
          heading: "Kas darbojas",
          items: [
            "Receptes un darbnespējas lapas ārstiem, kuri jau ir pierakstījušies.",
            "Ārstniecības iestāžu un aptieku programmas, kas pieslēdzas ar savu sertifikātu vai atslēgu.",
          ],
        },
        {
          heading: "Kas pašlaik nedarbojas",
          items: ["Pārējās portāla lapas, arī iedzīvotājiem."],
        },
        {
          heading: "Ko darīt",
          items: [
            `Ārstiem: ${PAPER.charAt(0).toLowerCase()}${PAPER.slice(1)} Datus ievadiet sistēmā, kad tā atkal darbojas.`,
            "Iedzīvotājiem: steidzamos gadījumos zvaniet savam ārstam. Ja apdraudēta dzīvība, zvaniet 113.",
          ],
        },
      ],
    },
  },
  faults: {
    "url-too-long": {
      title: "Adrese ir pārāk gara",
      body: ["Tik garu adresi serveris nepieņem. Atveriet lapu no sākumlapas."],
    },
    "cookie-too-long": {
      title: "Sīkdatnes ir pārāk lielas",
      body: ["Izdzēsiet šīs vietnes sīkdatnes un mēģiniet vēlreiz."],
    },
    "too-many-headers": {
      title: "Pieprasījumā ir pārāk daudz galveņu",
      body: ["Izslēdziet pārlūka papildinājumus vai lietojiet citu pārlūku un mēģiniet vēlreiz."],
    },
    "malformed-path": { title: "Adrese nav derīga", body: ["Pārbaudiet adresi un mēģiniet vēlreiz."] },
    "unknown-host": { title: "Šādas vietnes šeit nav", body: ["Pārbaudiet vietnes nosaukumu adresē."] },
    "clock-skew": {
      title:
        "Jūsu sistēmas pulkstenis atšķiras no mūsējā par vairāk nekā piecām minūtēm; pareizais laiks ir galvenē Shield-Time",
      body: ["Iestatiet sistēmas pulksteni un parakstiet pieprasījumu vēlreiz."],
    },
    "body-too-large": { title: "Nosūtītais ir pārāk liels", body: ["Nosūtiet mazāku datni."] },
    "origin-unreachable": {
      title: "Veselības sistēma neatbild",
      body: ["Ar veselības sistēmu pašlaik nav savienojuma. Mēģiniet vēlreiz pēc brīža."],
    },
    "origin-timeout": {
      title: "Veselības sistēma neatbild laikā",
      body: ["Veselības sistēma pārāk ilgi neatbildēja. Mēģiniet vēlreiz pēc brīža."],
    },
    "already-sent": {
      title: "Jau nosūtīts",
      body: [
        "Šī veidlapa jau nosūtīta plkst. {time}. Otrreiz tā netika sūtīta.",
        "Pārbaudiet, vai ieraksts ir izveidots. Ja nav, veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”), un to var sūtīt no turienes.",
      ],
    },
    "form-expired": {
      title: "Veidlapu no šīs lapas vairs nevar nosūtīt",
      body: [
        "Šī lapa ievadīto glabāja ierobežotu laiku, un tas ir pagājis. Ievadītais tagad netika nosūtīts.",
        "Veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”): pārbaudiet to un sūtiet vēlreiz no turienes.",
      ],
    },
    "form-foreign": {
      title: "Veidlapu no šīs lapas nevar nosūtīt",
      body: [
        "Tā bija saglabāta citai adresei, citai personai vai citam pārlūkam, vai arī nepienāca vesela. Tagad tā netika nosūtīta.",
        "Veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”): pārbaudiet to un sūtiet vēlreiz no turienes.",
      ],
    },
    internal: { title: "Radās kļūda", body: ["Kļūda ir mūsu pusē. Mēģiniet vēlreiz pēc brīža."] },
  },
  fates: {
    held: "Tas, ko nosūtījāt, vēl nav nodots tālāk. Vēlāk pārlādējiet šo lapu: pārlūks jautās, vai sūtīt vēlreiz, un jūs to varat apstiprināt. Veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”), bet daži tās lauki var būt tukši.",
    refused: "Tas, ko nosūtījāt, nav pieņemts un nav saglabāts. Veidlapa ir vienu soli atpakaļ (poga „Atpakaļ”).",
    uncertain: CHECK_FIRST,
  },
  signIn: {
    unfinished:
      "Jūsu pierakstīšanās vēl nav pabeigta. Sāciet to vēlreiz: ja apstiprinājāt savu identitāti nupat, iespējams, otrreiz tas nebūs jādara.",
    link: "Sākt pierakstīšanos vēlreiz",
  },
  queue: {
    now: "Jūsu kārta ir pienākusi, bet brīvas vietas vēl nav. Lapa atvērsies, tiklīdz vieta atbrīvosies.",
    in: "Domājam, ka jūsu kārta pienāks {after} vai agrāk.",
    unknown: "Cik ilgi būs jāgaida, pagaidām nevaram pateikt.",
    kept: "Jūsu vieta rindā ir saglabāta šajā pārlūkā: lapu var aizvērt un atvērt vēlreiz, un vairākās cilnēs vieta ir viena un tā pati. Kad kārta ir pienākusi, vieta jūs gaida vēl vismaz 10 minūtes.",
  },
  waiting: {
    byItself: "Lapa pati mēģinās atvērties {after}.",
    now: "Mēģināt tagad",
    stay: "Nepārlādēt",
    stays: "Lapa paliek, kāda ir. Kad vēlaties, izvēlieties „Mēģināt tagad”.",
  },
  challenge: {
    working: "Notiek pārbaude. Tā ilgst dažas sekundes, jums nekas nav jādara.",
    done: "Pārbaude pabeigta. Atveram lapu.",
    stay: "Pārbaude pabeigta. Ja atvērāt datni, tā tiek lejupielādēta, un jūs varat doties atpakaļ. Ja gaidāt lapu, tā vēl tiek ielādēta.",
    failed: "Pārbaudi neizdevās pabeigt.",
    again: "Pārbaude divreiz pabeigta, bet pakalpojums to joprojām prasa.",
    framed: "Šī lapa ir ievietota citas vietnes lapā, un tur pārbaudi veikt nevar.",
    noCookies: "Pārbaudi nevar pabeigt, jo pārlūks neglabā šīs vietnes sīkdatnes. Atļaujiet tās un mēģiniet vēlreiz.",
    failedTitle: "Ko darīt",
    failedAdvice:
      "Mēģiniet vēlreiz. Ja tas nepalīdz, sazinieties ar atbalsta dienestu un nosauciet šīs lapas atbalsta kodu.",
    retry: "Mēģināt vēlreiz",
    openCheck: "Atvērt pārbaudi jaunā cilnē",
    openWindow: "Atvērt jaunā logā",
    noScript: "Automātiskajai pārbaudei vajadzīgs JavaScript, bet šajā pārlūkā tas ir izslēgts.",
    progress: "Pārbaudes gaita",
  },
  resend: {
    byItself:
      "Tas, ko nosūtījāt, vēl nav nodots tālāk. Tas ir saglabāts šajā lapā un tiks nosūtīts automātiski, tiklīdz pārbaude šeit būs pabeigta.",
    byHand:
      "Tas, ko nosūtījāt, vēl nav nodots tālāk. Tas ir saglabāts šajā lapā: atstājiet lapu atvērtu un pēc brīža nospiediet pogu.",
    inAnotherTab:
      "Ja šajā lapā pārbaude nesākas vai to neizdodas pabeigt, veiciet to jaunā cilnē. Kad tā tur ir pabeigta, atgriezieties šajā lapā un nospiediet „Sūtīt vēlreiz”.",
    send: "Sūtīt vēlreiz",
    sending: "Sūtām.",
    expired:
      "No šīs lapas veidlapu vairs nevar nosūtīt. Tā ir vienu soli atpakaļ (poga „Atpakaļ”): pārbaudiet to un sūtiet vēlreiz no turienes.",
    back: {
      title: "Atpakaļ uz veidlapu",
      body: ["Veidlapa ir vēl vienu soli atpakaļ: nospiediet pogu „Atpakaļ” vēlreiz."],
    },
  },
  entry: {
    byItself: "Jums nekas nav jādara: {after} lapa mēģinās atvērties pati.",
    advice:
      "Lapu var atvērt arī bez pārbaudes {after}; tad vienlaikus varēs izdarīt mazāk nekā pēc pārbaudes. Ja piezvanīsiet atbalsta dienestam un nolasīsiet atbalsta kodu, un jūs ielaidīs, to varēs atvērt uzreiz.",
    link: "Atvērt bez pārbaudes",
  },
  help: { title: "Ja vajadzīga palīdzība", code: "Atbalsta kods", phone: "Tālrunis" },
  machine: {
    titles: {
      challenge: "Vispirms jāveic pārlūka pārbaude.",
      limit: "Pārāk daudz pieprasījumu.",
      block: "Šāda veida pieprasījumi netiek pieņemti.",
      wait: "Pakalpojums pašlaik ir pārslogots.",
      closed: "Pakalpojums uz laiku nav pieejams.",
    },
    retry: "Mēģiniet vēlreiz {after}.",
    uncertain: "Nav zināms, vai pieprasījums ir saņemts: pirms sūtāt vēlreiz, pārbaudiet.",
  },
  updated: ({ date, time }) => `Pēdējoreiz atjaunināts ${date}. plkst. ${time}`,
  timeOfDay: new Intl.DateTimeFormat("lv-LV", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Riga" }),
  wait: (duration) =>
    `${duration.count} ${{ second: ["sekundi", "sekundes"], minute: ["minūti", "minūtes"] }[duration.unit][singular(duration) ? 0 : 1]}`,
  after: (duration) =>
    `pēc ${duration.count} ${{ second: ["sekundes", "sekundēm"], minute: ["minūtes", "minūtēm"] }[duration.unit][singular(duration) ? 0 : 1]}`,
};
