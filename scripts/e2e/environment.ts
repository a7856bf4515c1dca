/** The environment that is tried. */
export const environment = "local";
