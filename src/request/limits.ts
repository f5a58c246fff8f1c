/** What a request may measure before anything is decided about it. Below the platform's own limits, above any honest use. */

/** The platform stops at 16 KB; the longest honest URLs are FHIR searches of 2 to 4 kB. */
export const URL_MAX_CHARACTERS = 8_192;
/** Browsers send up to 4 kB for each cookie; a portal with single sign-on has a few. */
export const COOKIE_MAX_CHARACTERS = 16_384;
/** Browsers send about 20, practice software fewer, the platform adds about 10. */
export const HEADERS_MAX = 128;
/** A header that rules look at is read this far. */
export const HEADER_READ_CHARACTERS = 1_024;
/** Our own tokens are shorter: a longer one is not ours. */
export const OWN_COOKIE_MAX_CHARACTERS = 2_048;
