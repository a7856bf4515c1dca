import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a as e}from"./6MVKORML.js";function d(r,{ok:t,objects:i}){let n=e(c=>r.filter(a=>a.severity===c).length,"count"),o={error:n("error"),warning:n("warning"),notice:n("notice")};return`${JSON.stringify({version:1,ok:t,objects:i,counts:o,findings:r},void 0,2)}
`}e(d,"renderJson");export{d as renderJson};
