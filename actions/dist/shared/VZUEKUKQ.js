import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{c as n,l as t,m as s}from"./WC7L4WJ3.js";import{a as r}from"./6MVKORML.js";async function m(o,e){try{return await s(o,{toolsDir:e})}catch(i){throw a(i)}}r(m,"goTool");function a(o){return o instanceof t?new n(o.message,{cause:o}):o}r(a,"asUserError");export{m as a,a as b};
