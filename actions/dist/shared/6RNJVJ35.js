import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a as t}from"./6MVKORML.js";import{setTimeout as i}from"node:timers/promises";var m=t(o=>i(o),"wait");export{m as a};
