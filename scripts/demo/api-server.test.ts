import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, apiReachable, startApi } from "./api-server.ts";
import { readBreweriesCsv } from "./breweries-csv.ts";
import { readSample, sampleBreweries } from "./sample.ts";

describe("startApi", () => {
  const records = Array.from({ length: 450 }, (_, index) => ({ id: `b${index}` }));
  let api: ApiServer;

  beforeEach(async () => {
    api = await startApi({ port: 0, records });
  });
  afterEach(() => api.stop());

  const get = async (query: string) => (await fetch(`${api.url}${query}`)).json();

  it("serves pages, at most 200 records each, then an empty one", async () => {
    expect(await get("?page=1&per_page=200")).toEqual(records.slice(0, 200));
    expect(await get("?page=3&per_page=200")).toEqual(records.slice(400));
    expect(await get("?page=4&per_page=200")).toEqual([]);
    expect(await get("?per_page=5000")).toHaveLength(200);
    expect(await get("")).toHaveLength(50);
  });

  it("tells its total as the real API does, in texts", async () => {
    expect(await get("/meta")).toEqual({ total: "450", page: "1", per_page: "50" });
  });

  it("knows nothing else", async () => {
    expect((await fetch(api.url.replace("breweries", "beers"))).status).toBe(404);
    expect((await fetch(api.url, { method: "POST" })).status).toBe(405);
  });

  it("names the port and the option when the port is taken", async () => {
    const port = Number(new URL(api.url).port);
    await expect(startApi({ port, records })).rejects.toThrow(
      `port ${port}, which the loopback API wants, is taken; stop what uses it or give another: --api-port N`,
    );
  });

  it("can be found out, and is gone after stop", async () => {
    expect(await apiReachable(api.url, 2_000)).toBe(true);
    await api.stop();
    expect(await apiReachable(api.url, 2_000)).toBe(false);
    api = await startApi({ port: 0, records });
  });
});

describe("readBreweriesCsv", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wavehouse-csv-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => {
    const file = join(folder, "records.csv");
    writeFileSync(file, text);
    return file;
  };
  const header = "id,name,brewery_type,address_1,state_province,country,longitude,latitude\n";

  it("answers as the API does", () => {
    const file = write(`\uFEFF${header}a1,"Bräu, ""Zum"" Ö",micro,"1 Mill St\nRear",Bayern,Germany,11.5,\n`);
    expect(readBreweriesCsv(file)).toEqual([
      {
        id: "a1",
        name: 'Bräu, "Zum" Ö',
        brewery_type: "micro",
        address_1: "1 Mill St\nRear",
        state_province: "Bayern",
        country: "Germany",
        longitude: 11.5,
        latitude: null,
        state: "Bayern",
        street: "1 Mill St\nRear",
      },
    ]);
  });

  it.each([
    ["a cell too few", `${header}a,b,c,d,e,f,1,2\na,b,c\n`, /records\.csv:3: not a CSV: /],
    ["an open quote", `${header}a,"b,c,d,e,f,1,2\n`, /records\.csv:\d+: not a CSV: /],
    [
      "no number",
      `${header}a,b,c,d,e,f,1,2\na,b,c,d,e,f,x,2\n`,
      /records\.csv:3: longitude is "x"; expected a number/,
    ],
    [
      "no header",
      "1,2,3\n4,5,6\n",
      /records\.csv:1: no column id, name, brewery_type, country; expected a header/,
    ],
    ["nothing", "", /records\.csv:1: no column .*found: nothing/],
  ])("refuses %s at its line", (_, text, message) => {
    expect(() => readBreweriesCsv(write(text))).toThrow(message);
  });

  it("says which file is not there", () => {
    expect(() => readBreweriesCsv(join(folder, "none.csv"))).toThrow(/^--source .*none\.csv: cannot be read/);
  });
});

describe("the sample", () => {
  it("is what its generator makes", () => {
    expect(readSample()).toEqual(sampleBreweries());
  });

  it("has something for every quality rule, and every type of the API", () => {
    const sample = readSample();
    expect(new Set(sample.map((brewery) => brewery.brewery_type)).size).toBe(14);
    expect(sample.length - new Set(sample.map((brewery) => brewery.id)).size).toBe(2);
    expect(sample.filter((brewery) => brewery.name === null)).toHaveLength(2);
    expect(sample.filter((brewery) => brewery.country === null)).toHaveLength(2);
    expect(sample.filter(({ latitude }) => Math.abs(latitude ?? 0) > 90)).toHaveLength(2);
    expect(sample.filter(({ longitude }) => Math.abs(longitude ?? 0) > 180)).toHaveLength(1);
    expect(
      sample.filter(({ latitude, longitude }) => (latitude === null) !== (longitude === null)),
    ).toHaveLength(1);
  });
});
