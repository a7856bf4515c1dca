import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a}from"./2EQEMWBV.js";import"./AS4UD3SP.js";import"./25J3WCGL.js";import"./6MVKORML.js";export{a as s3Records};
