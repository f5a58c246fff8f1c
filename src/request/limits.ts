/**
 * How much of a request is looked at. All caps lie above what browsers and practice software send, and below what would
 * make one request expensive; whatever is longer is answered before anything is decided about it.
 */

/** Characters of the whole URL. Browsers and servers commonly agree up to 8,000 (RFC 9110 section 4.1 asks for that many). */
export const URL_MAX_CHARACTERS = 8_192;
/** Characters of the Cookie header: four full cookies of RFC 6265 section 6.1 (4,096 bytes each). */
export const COOKIE_MAX_CHARACTERS = 16_384;
/** Header names. A browser sends about 20, Cloudflare adds about 10, a SAML or FHIR gateway a few more. */
export const HEADERS_MAX = 128;
/** Characters of one of our own cookies: a sealed pass has about 300. */
export const OWN_COOKIE_MAX_CHARACTERS = 2_048;
/** Characters of a header that a rule may look at; the rest is not looked at. */
export const HEADER_MAX_CHARACTERS = 1_024;
/** Characters of Authorization: a token of 4,096 and its scheme. A longer one is cut and so no token any more. */
export const AUTHORIZATION_MAX_CHARACTERS = 4_160;
/** Characters of Shield-Key: the longest that we document has about 200. */
export const SERVICE_KEY_MAX_CHARACTERS = 512;
/** Characters of a client certificate's field. */
export const CERTIFICATE_FIELD_MAX_CHARACTERS = 512;
/** Characters of Accept-Language that are read: eight languages with their weights. */
export const LANGUAGE_MAX_CHARACTERS = 256;
