"""How Korean is written: a model of characters that decides where the image leaves several readings open."""
