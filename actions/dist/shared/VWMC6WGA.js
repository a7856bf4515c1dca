import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a}from"./GEWEN5BR.js";import"./6MVKORML.js";export{a as javaVersions};
