/** The browser scripts as text. `npm run build` writes them (src/tools/build.ts). */
export { challengeScript, clientScript, scriptVersion, solverScript, waitScript } from "../../.build/browser.ts";
