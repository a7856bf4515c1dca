import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a as r}from"./6MVKORML.js";import{homedir as E}from"node:os";import{join as t,resolve as e}from"node:path";function C(o=process.env){return o.WAVEHOUSE_CACHE?e(o.WAVEHOUSE_CACHE):o.XDG_CACHE_HOME?e(o.XDG_CACHE_HOME,"wavehouse"):t(E(),".cache","wavehouse")}r(C,"cacheRoot");export{C as a};
