-- Run by the image of PostgreSQL once, when it makes its data directory: Baton's role owns its database, and is nobody else's superuser.
\getenv password BATON_DATABASE_PASSWORD
create role baton login password :'password';
create database baton owner baton encoding 'UTF8' template template0;
