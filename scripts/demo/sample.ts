import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One record as Open Brewery DB's API answers it. */
export interface Brewery {
  id: string;
  name: string | null;
  brewery_type: string;
  address_1: string | null;
  address_2: string | null;
  address_3: string | null;
  city: string;
  state_province: string;
  postal_code: string;
  country: string | null;
  longitude: number | null;
  latitude: number | null;
  phone: string | null;
  website_url: string | null;
  /** Deprecated by the API: the same as state_province. */
  state: string;
  /** Deprecated by the API: the same as address_1. */
  street: string | null;
}

/** Where the sample lies in the repository. */
export const samplePath = fileURLToPath(
  new URL("../../pipelines/breweries/sample/breweries.json", import.meta.url),
);

/** A place that the sample puts breweries in; the numbers are near enough to its real coordinates. */
interface Place {
  country: string;
  state: string;
  city: string;
  longitude: number;
  latitude: number;
  phone: string;
  postal: string;
  street: (name: string, number: number) => string;
}

const western = (name: string, number: number) => `${number} ${name} St`;
const german = (name: string, number: number) => `${name}straße ${number}`;
const french = (name: string, number: number) => `${number} rue ${name}`;
const japanese = (name: string, number: number) => `${name}${(number % 9) + 1}-${(number % 20) + 1}`;

const places: readonly Place[] = [
  place("United States", "Oregon", "Portland", -122.66, 45.52, "503555", "97205", western),
  place("United States", "Colorado", "Fort Collins", -105.08, 40.59, "970555", "80521", western),
  place("United States", "Vermont", "Burlington", -73.21, 44.48, "802555", "05401", western),
  place("United States", "Texas", "Austin", -97.74, 30.27, "512555", "78702-1842", western),
  place("United States", "North Carolina", "Asheville", -82.55, 35.6, "828555", "28801", western),
  place("Canada", "Québec", "Trois-Rivières", -72.55, 46.35, "819555", "G9A 1A1", french),
  place("Germany", "Bayern", "Würzburg", 9.93, 49.79, "+49 931 555", "97070", german),
  place("Germany", "Nordrhein-Westfalen", "Köln", 6.96, 50.94, "+49 221 555", "50667", german),
  place("Belgium", "Vlaanderen", "Leuven", 4.7, 50.88, "+32 16 55 5", "3000", german),
  place("France", "Bretagne", "Saint-Brieuc", -2.76, 48.51, "+33 2 55 5", "22000", french),
  place("Ireland", "Galway", "Gaillimh", -9.05, 53.27, "+353 91 555", "H91 AA11", western),
  place("Scotland", "Highland", "Inverness", -4.22, 57.48, "+44 1463 555", "IV1 1AA", western),
  place("Poland", "Łódzkie", "Łódź", 19.46, 51.76, "+48 42 555 ", "90-001", german),
  place("Czechia", "Plzeňský kraj", "Plzeň", 13.38, 49.75, "+420 377 555 ", "301 00", german),
  place("South Korea", "서울특별시", "서울", 126.98, 37.57, "+82 2 555 ", "04524", japanese),
  place("Japan", "北海道", "札幌市", 141.35, 43.06, "+81 11 555 ", "060-0001", japanese),
  place("Australia", "Victoria", "Ballarat", 143.85, -37.56, "+61 3 5555 ", "3350", western),
  place("South Africa", "Western Cape", "Stellenbosch", 18.86, -33.93, "+27 21 555 ", "7600", western),
];

const firstWords = [
  "Copper",
  "Granite",
  "Ferryman's",
  "Juniper",
  "Left-Hand Lantern",
  "Old Sluice",
  "Quiet Heron",
  "Tin Whistle",
  "Zur goldenen Ähre",
  "Łabędź",
  "Moulin d'Été",
  "Ó Fearghail's",
  "Žižkův",
  "蔵の川",
  "한강",
  "Ñandú",
];
const secondWords = [
  "Brewing Co",
  "Brewery",
  "Ale Works",
  "Brauhaus",
  "Brasserie",
  "Taproom & Kitchen",
  "Bierhalle",
  "Fermentory",
];
const streetNames = ["Mill", "Harbour", "Linden", "Station", "Orchard", "Weaver", "Kiln", "Abbey", "Bridge"];

/** Every type that the API knows, the frequent ones more than once. */
const types = [
  "micro",
  "micro",
  "micro",
  "micro",
  "micro",
  "micro",
  "brewpub",
  "brewpub",
  "brewpub",
  "brewpub",
  "planning",
  "closed",
  "regional",
  "contract",
  "large",
  "proprietor",
  "taproom",
  "bar",
  "nano",
  "cidery",
  "beergarden",
  "location",
];

/**
 * Makes the sample that the demo serves where the real API cannot be reached: 400 made-up breweries in the API's
 * shape, with its nulls and deprecated fields, and a few records that the quality rules are there for.
 *
 * @returns the same records every time
 */
export function sampleBreweries(): Brewery[] {
  const random = generator(20_261_121);
  const breweries = Array.from({ length: 400 }, (_, index) => makeBrewery(index, random));
  return withFaults(breweries);
}

function makeBrewery(index: number, random: () => number): Brewery {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const at = pick(places);
  const street = random() < 0.08 ? null : at.street(pick(streetNames), 1 + Math.floor(random() * 900));
  const located = random() > 0.2;
  const near = (degrees: number) => Math.round((degrees + random() * 0.2 - 0.1) * 1e6) / 1e6;
  const name = `${pick(firstWords)} ${pick(secondWords)}`;
  return {
    id: uuid(random),
    name,
    brewery_type: types[index % types.length] as string,
    address_1: street,
    address_2: random() < 0.06 ? `Unit ${1 + Math.floor(random() * 30)}` : null,
    address_3: random() < 0.02 ? "Rear building" : null,
    city: at.city,
    state_province: at.state,
    postal_code: at.postal,
    country: at.country,
    longitude: located ? near(at.longitude) : null,
    latitude: located ? near(at.latitude) : null,
    phone: random() < 0.25 ? null : `${at.phone}${1000 + Math.floor(random() * 9000)}`,
    website_url: random() < 0.2 ? null : `https://brewery-${index + 1}.example`,
    state: at.state,
    street,
  };
}

/** What the quality rules must find; each at a fixed place, far from the others. */
function withFaults(breweries: readonly Brewery[]): Brewery[] {
  const faults: Record<number, Partial<Brewery>> = {
    17: { latitude: 147.31, longitude: 12.5 },
    58: { name: null },
    93: { latitude: 45.5, longitude: -1226.6 },
    131: { country: null },
    177: { latitude: -91.2, longitude: 18.4 },
    214: { name: null, country: null },
    260: { latitude: 51.9, longitude: null },
    301: { name: "  Padded Barrel Brewery  ", city: " Köln" },
    345: { website_url: "", phone: "" },
  };
  const changed = breweries.map((brewery, index) => ({ ...brewery, ...faults[index] }));
  // The API moves records between pages while one reads: the same brewery comes twice, far apart.
  const twice = [12, 205].map((index) => changed[index] as Brewery);
  return [...changed, ...twice];
}

/** The file's text: one record a line, so that a change shows as one. */
export function sampleText(): string {
  return `[\n${sampleBreweries()
    .map((brewery) => JSON.stringify(brewery))
    .join(",\n")}\n]\n`;
}

/** Reads the sample as it lies in the repository. */
export function readSample(): Brewery[] {
  return JSON.parse(readFileSync(samplePath, "utf8")) as Brewery[];
}

function place(
  country: string,
  state: string,
  city: string,
  longitude: number,
  latitude: number,
  phone: string,
  postal: string,
  street: Place["street"],
): Place {
  return { country, state, city, longitude, latitude, phone, postal, street };
}

/** Mulberry32: small, and the same numbers everywhere for one seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A version 4 UUID of the generator's numbers. */
function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = "89ab"[Math.floor(random() * 4)] as string;
  const text = hex.join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    "-",
  );
}

if (import.meta.main) writeFileSync(samplePath, sampleText());
