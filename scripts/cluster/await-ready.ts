import { readFileSync } from "node:fs";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Component } from "./components.ts";
import type { ClusterPlaces } from "./places.ts";
import type { ProcessTable } from "./process-table.ts";

/**
 * Waits until a component does its work.
 *
 * @throws UserError with the end of its log when it ends instead, or takes too long
 */
export async function awaitReady(
  component: Component,
  table: ProcessTable,
  places: ClusterPlaces,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    // Only then: another program may answer at its address.
    if (!table.isRunning(component.name)) throw failure(component, table, "ended by itself");
    if (await answers(component.ready, places)) return;
    if (Date.now() > deadline) throw failure(component, table, `was not ready after ${timeoutMs / 1000} s`);
    await sleep(100);
  }
}

function failure({ name }: Component, table: ProcessTable, what: string): UserError {
  const file = table.logFile(name);
  const end = readFileSync(file, "utf8").trimEnd().split("\n").slice(-8).join("\n  ");
  return new UserError(`${name} ${what}; the end of ${file}:\n  ${end}`);
}

function answers(ready: Component["ready"], places: ClusterPlaces): Promise<boolean> {
  if ("socket" in ready) return connects(ready.socket);
  return ready.url.startsWith("https:") ? answersSecurely(ready.url, places) : answersPlainly(ready.url);
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function answersPlainly(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    getPlain(url, { timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once("error", () => resolve(false));
  });
}

function answersSecurely(url: string, { pki }: ClusterPlaces): Promise<boolean> {
  const read = (name: string): Buffer => readFileSync(join(pki, name));
  // The controller manager and the scheduler make a certificate of their own at each start.
  const options = {
    cert: read("admin.crt"),
    key: read("admin.key"),
    rejectUnauthorized: false,
    agent: false,
  };
  return new Promise((resolve) => {
    getSecure(url, { ...options, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once("error", () => resolve(false));
  });
}
