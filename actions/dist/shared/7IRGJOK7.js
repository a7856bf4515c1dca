import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a,b}from"./4KNB4KXP.js";import"./I6L4GPYT.js";import"./JY4HDD3Y.js";import"./PWC267DZ.js";import"./AXMRTGEH.js";import"./4FCO2JMU.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{a as VERSIONS_FILE,b as parseVersions};
