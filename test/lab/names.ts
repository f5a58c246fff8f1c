/** Names of the lab's authorities. No imports: rules for measuring are bundled into a Worker. */

/** The demo rules' host for certificates, and who issues them. */
export const SYSTEMS_HOST = "systems.example.lv";
export const DEMO_AUTHORITY = "CN=Demo Health CA,O=Example,C=LV";
/** An identity provider, and what its tokens are for. */
export const ISSUER = "https://login.example.lv";
export const AUDIENCE = "e-health";
