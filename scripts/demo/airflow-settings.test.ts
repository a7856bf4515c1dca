import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startAirflow } from "./airflow.ts";
import { airflowEnvironment } from "./airflow-settings.ts";

const place = { python: "/venv/bin/python", home: "/home/airflow", port: 18080 };

describe("airflowEnvironment", () => {
  it("keeps a user's own Airflow apart, and everything on loopback", () => {
    const env = airflowEnvironment(place, {
      PATH: "/usr/bin",
      AIRFLOW_HOME: "/theirs",
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql://theirs",
      AIRFLOW_CONN_X: "y",
      NO_PROXY: "internal",
    });
    expect(env.AIRFLOW_HOME).toBe("/home/airflow");
    expect(env.AIRFLOW__DATABASE__SQL_ALCHEMY_CONN).toBe("sqlite:////home/airflow/airflow.db");
    expect(env).not.toHaveProperty("AIRFLOW_CONN_X");
    expect(env.AIRFLOW__API__HOST).toBe("127.0.0.1");
    expect(env.PATH).toBe("/venv/bin:/usr/bin");
    expect(env.NO_PROXY).toBe("internal,127.0.0.1,localhost");
  });

  it("makes new keys for every start", () => {
    const [one, other] = [airflowEnvironment(place, {}), airflowEnvironment(place, {})];
    for (const key of [
      "AIRFLOW__API_AUTH__JWT_SECRET",
      "AIRFLOW__API__SECRET_KEY",
      "AIRFLOW__CORE__FERNET_KEY",
    ]) {
      expect(one[key]?.length).toBeGreaterThan(40);
      expect(one[key]).not.toBe(other[key]);
    }
  });
});

describe("startAirflow", () => {
  it("starts nothing when its port is taken, and names the option", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = (server.address() as { port: number }).port;
    const home = mkdtempSync(join(tmpdir(), "wavehouse-airflow-"));
    const options = { ...place, home, port, cache: home, lock: "/nowhere", env: {} };
    await expect(startAirflow(options)).rejects.toThrow(
      `port ${port}, which Airflow wants, is taken; stop what uses it or give another: --airflow-port N`,
    );
    await new Promise((resolve) => server.close(resolve));
    rmSync(home, { recursive: true });
  });
});
