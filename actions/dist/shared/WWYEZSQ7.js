import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a,b}from"./BNATAD3C.js";import"./K3SMUPXD.js";import"./LESPGO7H.js";import"./4FCO2JMU.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{a as VERSIONS_FILE,b as parseVersions};
